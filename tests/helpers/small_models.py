"""A model that is exported in no time."""

from __future__ import annotations

from dnc_keras import DivideAndConquer
from dnc_keras._keras import keras
from dnc_keras.backbones import PixelScaling

IMAGE_SIZE = 8
CENTER_CROP = 0.8
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
