"""A model that Keras can save, load and export after `fit` alone."""

from __future__ import annotations

import inspect
import pathlib

import tensorflow as tf
from absl import logging

from dnc_keras._keras import is_writing_h5
from dnc_keras._keras import keras
from dnc_keras.models.carried import Carried
from dnc_keras.models.feature_rows import pick
from dnc_keras.models.inputs import as_json
from dnc_keras.models.inputs import declared_inputs
from dnc_keras.models.inputs import declared_output_shape
from dnc_keras.models.inputs import empty_batch
from dnc_keras.models.inputs import received_inputs

SAVED_MODEL = (
    "A SavedModel keeps what a model predicts, and not its loss, optimizer and "
    "learning rates: compile it before it is trained on, or save it under a "
    "name that ends in .keras."
)


class SaveableModel(keras.Model):
    """The building and saving of `DivideAndConquer`.

    A subclass has a `backbone`, an `embedding` layer of its features, and
    `feature_key`; its `call` notes the inputs.

    Args:
        **kwargs: as in every Keras model.
    """

    def __init__(self, **kwargs):
        # A backbone casts by itself what it takes: token ids are no pixels.
        super().__init__(**{"autocast": False, **kwargs})
        self._received = None
        self.carried = Carried()

    def save_own_variables(self, store):
        super().save_own_variables(store)
        self.carried.add_to(store)

    def load_own_variables(self, store):
        super().load_own_variables(self.carried.take_from(store))

    def build_from_backbone(self):
        """Makes the embedding where the backbone says what it returns."""
        inputs = declared_inputs(self.backbone)
        shape = declared_output_shape(self.backbone)
        # Keras 3 forgets the keys of several outputs; the first call has them.
        if inputs is None or shape is None or self.feature_key is not None:
            return
        feature_dim = pick(shape, None)[-1]
        if feature_dim is None:
            return
        self._build_embedding(feature_dim)
        self.build(tf.nest.map_structure(lambda x: tuple(x.shape), inputs))

    def _build_embedding(self, feature_dim):
        if not self.embedding.built:
            self.embedding.build((None, feature_dim))

    def build(self, input_shape):
        # What is not known yet is built by the first call.
        self.built = True

    def get_build_config(self):
        if not self.embedding.built:
            return None
        return {
            "feature_dim": self.embedding.kernel.shape[0],
            "inputs": as_json(self.inputs_taken),
        }

    def build_from_config(self, config):
        # Files of 0.1.0 have the shape of images only, of a built backbone.
        if "feature_dim" not in config:
            return
        self._build_embedding(config["feature_dim"])
        self.build(None)
        if not self.backbone.built and config["inputs"] is not None:
            self(empty_batch(config["inputs"]))

    def note_inputs(self, images):
        """Remembers the first inputs, for an export."""
        if self._received is None:
            self._received = received_inputs(images)

    def call_once(self, images):
        """Keras saves and exports only models that were called as such."""
        if self._received is None:
            self(images)

    @property
    def inputs_taken(self):
        """What the backbone takes, a structure of `tf.TensorSpec`.

        Where the backbone does not say, it is what the first call was given;
        None before that.
        """
        return declared_inputs(self.backbone) or self._received

    def get_config(self):
        if is_writing_h5():
            raise _unreadable("a file of HDF5")
        return super().get_config()

    def save(self, filepath, *args, **kwargs):
        if str(filepath).endswith((".h5", ".hdf5")):
            raise _unreadable(repr(str(filepath)))
        super().save(filepath, *args, **kwargs)
        if pathlib.Path(filepath, "saved_model.pb").exists():
            logging.log_first_n(logging.WARNING, SAVED_MODEL, 1)

    def export(self, filepath, *args, **kwargs):
        # Keras 3 takes all inputs of such a model for floats.
        if "input_signature" in inspect.signature(super().export).parameters:
            kwargs.setdefault("input_signature", [self.inputs_taken])
        return super().export(filepath, *args, **kwargs)


def _unreadable(received):
    # Keras 3 would write a file that it cannot read.
    return ValueError(
        "A model must be saved in the format of Keras 3, or its weights alone. "
        f"Received: {received}. Use a name that ends in .keras, or "
        "save_weights and one in .weights.h5."
    )
