"""What all losses share: how Keras calls them."""

from __future__ import annotations

import sys

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras._keras import raw_variables


class MetricLoss(keras.losses.Loss):
    """A loss of a batch of embeddings, as `model.compile(loss=...)` takes it.

    Labels reach `call` as they are: Keras 3 would cast them to the type of its
    floats, in which large ones are the same number. A loss that learns
    something must be trained by the model that it is compiled with.

    Args:
        reduction: as in every Keras loss; without effect on the losses that
            are one number for the whole batch.
        name: that of the loss.
        **kwargs: as in every Keras loss.
    """

    def __call__(self, y_true, y_pred, sample_weight=None):
        self._check_is_trained()
        values = self.call(_as_tensor(y_true), _as_tensor(y_pred))
        if sample_weight is not None and values.shape.rank == 0:
            raise ValueError(
                f"{type(self).__name__} is one number for the whole batch and "
                "cannot weigh rows. Received: sample weights (Keras makes them "
                "of class_weight). Leave them out."
            )
        return _Reduced(reduction=self.reduction)(
            tf.zeros_like(values), values, sample_weight
        )

    def _check_is_trained(self):
        layers = {
            name: part
            for name, part in vars(self).items()
            if isinstance(part, keras.layers.Layer)
        }
        model = _training_model() if layers else None
        if model is None:
            return
        trained = {id(v) for v in raw_variables(model.trainable_variables)}
        for name, layer in layers.items():
            if not all(id(v) in trained for v in raw_variables(layer)):
                raise ValueError(
                    f"The weights of {type(self).__name__} must be those of "
                    "the model, or they are never trained. Received: a "
                    f"{type(model).__name__} without them. Write model.{name} "
                    f"= loss.{name} before fit; a Sequential model cannot have "
                    "that: use keras.Model(model.inputs, model.outputs)."
                )


class _Reduced(keras.losses.Loss):
    """Keras' own reduction and weighting of losses that are computed."""

    def call(self, y_true, y_pred):
        return y_pred


def _as_tensor(values):
    return values if tf.is_tensor(values) else tf.convert_to_tensor(values)


def _training_model():
    """The Keras model in whose training step this is called, or None.

    A loss is not told which model it is compiled with. Python runs a step only
    to trace it, so this costs nothing in training.
    """
    frame = sys._getframe(1)
    while frame is not None:
        caller = frame.f_locals.get("self")
        is_step = frame.f_code.co_name.endswith("train_step")
        if is_step and isinstance(caller, keras.Model):
            return caller
        frame = frame.f_back
    return None
