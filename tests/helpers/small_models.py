"""A model that is exported in no time."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras import DivideAndConquer
from dnc_keras._keras import keras
from dnc_keras.backbones import PixelScaling

IMAGE_SIZE = 8
CENTER_CROP = 0.8
FEATURE_DIM = 16
# Of a convolution with 3x3 weights on 3 colours.
NUM_TERMS = 27


def build_small_model():
    """Two learners of two units each, on images of 8 x 8 pixels."""
    backbone = keras.Sequential(
        [
            keras.Input([IMAGE_SIZE, IMAGE_SIZE, 3]),
            PixelScaling(),
            keras.layers.Conv2D(6, 3),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
        ]
    )
    return DivideAndConquer(backbone, embedding_dim=4, num_learners=2)


def build_vector_model():
    """Two learners of two units each, on vectors of 16 numbers."""
    backbone = keras.Sequential(
        [keras.Input([FEATURE_DIM]), keras.layers.Dense(8)]
    )
    model = DivideAndConquer(backbone, embedding_dim=4, num_learners=2)
    model(tf.zeros([1, FEATURE_DIM]))
    return model


def embed_vectors(model, vectors):
    """What the model of vectors makes of them, by NumPy."""
    rows = np.asarray(vectors, np.float64)
    weights = list(map(np.asarray, model.trainable_weights))
    for kernel, bias in zip(weights[::2], weights[1::2]):
        rows = rows @ kernel + bias
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
