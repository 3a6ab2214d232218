"""What travels in a model's checkpoints and is not a weight of it."""

from __future__ import annotations

import json

import numpy as np
import tensorflow as tf

# Of the array in a file of Keras 3, among those of the weights.
_KEY = "carried"


class Carried(tf.train.experimental.PythonState):
    """Text that is saved and restored with the weights of a model.

    `BackupAndRestore` saves a model by TensorFlow's checkpoints on Keras 2,
    which ask this object, and by `save_weights` on Keras 3, which asks the
    model for arrays.

    Attributes:
        save: function that returns what JSON can hold; None: nothing.
        restore: function that takes it back.
    """

    def __init__(self):
        super().__init__()
        self.save = None
        self.restore = None

    def serialize(self):
        return json.dumps(self.save() if self.save else None)

    def deserialize(self, text):
        if self.restore and json.loads(text) is not None:
            self.restore(json.loads(text))

    def add_to(self, store):
        """Puts the text into the arrays of a file, if there is any."""
        if self.save:
            text = self.serialize().encode()
            store[_KEY] = np.frombuffer(text, np.uint8)

    def take_from(self, store):
        """Takes the text from arrays of a file; returns the others."""
        arrays = {name: store[name] for name in store.keys()}
        text = arrays.pop(_KEY, None)
        if text is not None:
            self.deserialize(np.asarray(text).tobytes().decode())
        return arrays
