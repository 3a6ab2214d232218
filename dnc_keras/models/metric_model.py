"""Trains any embedding by a loss on the pairs of a batch."""

from __future__ import annotations

import tensorflow as tf
from absl import logging

from dnc_keras._keras import keras
from dnc_keras._keras import raw_variables
from dnc_keras.losses import MarginLoss
from dnc_keras.losses.inputs import embedding_loss
from dnc_keras.models import batch_norm
from dnc_keras.models import optimizers
from dnc_keras.models.fine_tuning import DepthFactors
from dnc_keras.models.hidden_layers import below_head
from dnc_keras.models.loss_scaling import gradients_to_apply
from dnc_keras.models.loss_scaling import loss_scale
from dnc_keras.models.loss_state import LossState
from dnc_keras.models.replicas import gather_replicas
from dnc_keras.models.saveable import SAVED_MODEL
from dnc_keras.models.saveable import SaveableModel
from dnc_keras.models.targets import is_divided
from dnc_keras.models.targets import unpack
from dnc_keras.support.checks import check_choice
from dnc_keras.support.checks import check_not_negative

DRAWS = ("dropout", "loss")
_IDLE_BATCH_NORM = (
    "The backbone's BatchNormalization layers have seen no data, and do not "
    "learn: they pass everything on as it is. Use train_batch_norm=True for a "
    "backbone that starts from scratch."
)
GROUPS = ("backbone", "embedding", "masks", "loss")


class MetricModel(SaveableModel):
    """The training of `DivideAndConquer`: compile, steps, learning rates.

    A subclass has `backbone`, `features`, `embed_features`, `num_learners`,
    `variable_groups` and `mask_cost`.

    Args:
        seed: fixes what is drawn in a step.
        **kwargs: as in every Keras model.
    """

    def __init__(self, seed, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.feature_listener = None
        self.loss_state = LossState(name="loss_state")
        self._mean_loss = keras.metrics.Mean(name="loss")
        # Or Keras 2 shows it as the loss of a model that this one is part of.
        self._metrics.clear()
        self._compile_arguments = None
        self._is_warned = False

    def compile(
        self,
        optimizer="adam",
        loss=None,
        learning_rate_multipliers=None,
        weight_decay=0.0,
        jit_compile=False,
        unfreeze=None,
        layer_decay=1.0,
        whole_weight=0.0,
        **kwargs,
    ):
        """Sets how to train.

        Args:
            optimizer: a Keras optimizer.
            loss: an object with `call(labels [b], embeddings [b, d])` that
                returns a scalar or `[b]`: one of `dnc_keras.losses` or of
                tensorflow-addons. One with a `seed` argument in `call` gets a
                seed made of the model's and the step. Default: `MarginLoss()`.
            learning_rate_multipliers: factors on the learning rate, a dict
                with some of the keys "backbone", "embedding", "masks" and
                "loss" (the weights of a loss that has some). Default 1, and
                100 for "masks" as in the TPAMI 2021 code. Those that are given
                can be changed by `set_learning_rate_multiplier`.
            weight_decay: weight of the L2 penalty, added to the gradient; both
                papers use 1e-4.
            jit_compile: compiles the step with XLA, on one device. Off by
                default: on CPU XLA's convolutions are slower.
            unfreeze: how many blocks of the backbone are trained, the last
                ones; 0: none of the backbone. None, the default, leaves its
                layers as they are. Blocks are found by numbers in the names of
                layers (`models/blocks.py`).
            layer_decay: factor on the learning rate from one block to the one
                before it, 0 to 1: the last block has `layer_decay`, the one
                before it `layer_decay**2`. 1, the default: none; 0.65 to 0.85
                is usual for transformers.
            whole_weight: in batches of a learner, the weight of the loss of
                the whole embedding, which is added to that of the learner. 0,
                the default, as in both papers: none. One learner is the whole.
            **kwargs: as in every Keras model, except `metrics`: retrieval is
                measured on all images together, by `RetrievalEvaluation`.
        """
        if kwargs.pop("from_serialized", False):
            # A SavedModel of Keras 2 has other arguments than these.
            logging.warning(SAVED_MODEL)
            return
        _check_no_metrics(kwargs)
        loss = MarginLoss() if loss is None else keras.losses.get(loss)
        if not hasattr(loss, "call"):
            raise TypeError(
                "loss must have a method call(labels, embeddings). "
                f"Received: {loss!r}. Use an object such as MarginLoss()."
            )
        _check_one_replica(jit_compile)
        check_not_negative("weight_decay", weight_decay)
        check_not_negative("whole_weight", whole_weight)
        multipliers = learning_rate_multipliers or {}
        _check_multipliers(multipliers)
        # First, as the optimizer remembers what is trained alone.
        self._depth_factors = DepthFactors(
            below_head(self.backbone), unfreeze, layer_decay
        )
        super().compile(optimizer=optimizer, jit_compile=jit_compile, **kwargs)
        self.loss_state.attach(loss)
        self._metric_loss = loss
        self._multipliers = optimizers.LearningRateMultipliers(
            {"masks": 100.0, **multipliers}
        )
        self._compile_arguments = {
            "learning_rate_multipliers": learning_rate_multipliers,
            "weight_decay": weight_decay,
            "jit_compile": jit_compile,
            "unfreeze": unfreeze,
            "layer_decay": layer_decay,
            "whole_weight": whole_weight,
        }
        # Optimizers of Keras before 2.11 have no `build`.
        if self._is_whole() and hasattr(self.optimizer, "build"):
            # Now, so that its state is there to be saved and loaded.
            self.optimizer.build(self.trainable_variables)

    def get_compile_config(self):
        if self._compile_arguments is None:
            return None
        return keras.utils.serialize_keras_object(
            {
                "optimizer": self.optimizer,
                "loss": self._metric_loss,
                **self._compile_arguments,
            }
        )

    def compile_from_config(self, config):
        self.compile(**keras.utils.deserialize_keras_object(config))

    def set_learning_rate_multiplier(self, group, multiplier):
        """Changes a factor on the learning rate; nothing is traced again.

        Args:
            group: a key of `learning_rate_multipliers` in `compile`.
            multiplier: a number; 0 keeps the group as it is.
        """
        check_not_negative(f"The multiplier of {group}", multiplier)
        self._multipliers[group] = multiplier

    @property
    def metrics(self):
        return [self._mean_loss]

    def make_train_function(self, force=False):
        """As in every Keras model; `fit` calls it before it begins."""
        is_idle = not self.train_batch_norm and batch_norm.is_at_start(self)
        if is_idle and not self._is_warned:
            logging.warning(_IDLE_BATCH_NORM)
            self._is_warned = True
        return super().make_train_function(force)

    def _is_whole(self):
        """Whether all layers have their weights."""
        return all(layer.built for layer in self.layers)

    def train_step(self, data):
        images, labels, learner, indices = unpack(data)
        self.call_once(images)
        # Every replica has the loss and the weight decay of the whole batch,
        # and the gradients of all replicas are added up.
        num_replicas = tf.distribute.get_strategy().num_replicas_in_sync
        scale = loss_scale(self.optimizer) / num_replicas
        with tf.GradientTape() as tape:
            features = self.features(images, training=True)
            loss = self._loss_of(labels, features, learner, training=True)
            loss += self.mask_cost(learner)
            # What the regularizers of the backbone's layers add.
            loss += sum(self.losses)
            share = scale * loss
        variables = self.trainable_variables
        gradients = optimizers.add_weight_decay(
            tape.gradient(share, raw_variables(variables)),
            variables,
            self._compile_arguments["weight_decay"],
            scale,
        )
        optimizers.apply_scaled(
            self.optimizer,
            gradients_to_apply(self.optimizer, gradients),
            variables,
            self._multiplier_of_each(variables, learner),
        )
        self._report(indices, features)
        self._mean_loss.update_state(loss)
        return {"loss": self._mean_loss.result()}

    def test_step(self, data):
        images, labels, learner, _ = unpack(data)
        self.call_once(images)
        features = self.features(images)
        self._mean_loss.update_state(self._loss_of(labels, features, learner))
        return {"loss": self._mean_loss.result()}

    def _loss_of(self, labels, features, learner, training=False):
        """The loss of the learner, and of the whole embedding beside it."""
        embeddings = self.embed_features(features, learner, training)
        loss = self._batch_loss(labels, embeddings)
        weight = self._compile_arguments["whole_weight"]
        if weight and self.num_learners > 1:
            whole = self.embed_features(features, training=training)
            loss += (
                weight * is_divided(learner) * self._batch_loss(labels, whole)
            )
        return loss

    def _batch_loss(self, labels, embeddings):
        """The loss of the rows of all replicas."""
        labels = gather_replicas(labels)
        embeddings = gather_replicas(embeddings)
        # A function, not the object: calling that raises under a strategy on
        # Keras 2.
        loss = embedding_loss(self._metric_loss)
        seed = self.step_seed("loss")
        return tf.reduce_mean(loss(labels, embeddings, seed=seed))

    def _report(self, indices, features):
        """Hands the features of all replicas to the listener."""
        if indices is None:
            return
        indices = gather_replicas(indices)
        features = gather_replicas(features)
        # Looked up when it runs: a later `fit` may have another listener.
        tf.numpy_function(self._call_listener, [indices, features], [])

    def _call_listener(self, indices, features):
        if self.feature_listener is not None:
            self.feature_listener(indices, features)

    def step_seed(self, use):
        """A seed that is a function of the model's, the step and the use."""
        step = getattr(getattr(self, "optimizer", None), "iterations", 0)
        seed = tf.stack([self.seed, tf.cast(step, tf.int32)])
        return tf.random.experimental.stateless_fold_in(seed, DRAWS.index(use))

    def _multiplier_of_each(self, variables, learner):
        """The factor on the learning rate of each variable."""
        factors = {group: self._multipliers[group] for group in GROUPS}
        # Without learners in a batch, not even their momentum moves masks.
        factors["masks"] = factors["masks"] * is_divided(learner)
        groups = {**self.variable_groups(), "loss": self.loss_state.variables}
        factor_of = {
            id(variable): factors[group]
            for group, members in groups.items()
            for variable in members
        }
        return [
            factor_of.get(id(variable), 1.0) * self._depth_factors[variable]
            for variable in variables
        ]


def _check_no_metrics(arguments):
    for name in ("metrics", "weighted_metrics", "loss_weights"):
        if arguments.get(name):
            raise ValueError(
                "A model has one loss, and metrics are not computed on "
                f"batches. Received: {name}={arguments[name]}. Use "
                "callbacks.RetrievalEvaluation for metrics."
            )


def _check_multipliers(multipliers):
    for group, factor in multipliers.items():
        check_choice("A key of learning_rate_multipliers", group, GROUPS)
        check_not_negative(f"The multiplier of {group}", factor)


def _check_one_replica(jit_compile):
    num_replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if jit_compile and num_replicas > 1:
        raise ValueError(
            "jit_compile compiles the step of one device. Received: "
            f"jit_compile={jit_compile} with {num_replicas} replicas. Use "
            "jit_compile=False, or one device."
        )
