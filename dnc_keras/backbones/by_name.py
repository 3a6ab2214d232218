"""Builds a backbone from its name."""

from __future__ import annotations

import pathlib

from dnc_keras.backbones.applications import APPLICATIONS
from dnc_keras.backbones.applications import application
from dnc_keras.backbones.small_cnn import SMALL_CNN
from dnc_keras.backbones.small_cnn import small_cnn
from dnc_keras.checks import check_choice

BACKBONES = (SMALL_CNN, *APPLICATIONS)


def build_backbone(name, image_size, weights=None):
    """Builds a network whose input are images with values 0 to 255.

    Args:
        name: one of `BACKBONES`. "small_cnn" is four convolutions for small
            pictures, trained from scratch; the others are those of
            `keras.applications` without their top, such as "resnet101_v2".
        image_size: height and width of the images, in pixels.
        weights: "imagenet" (Keras downloads them), the path of a file of
            weights, or None for a random start.

    Returns:
        A built Keras model: `[batch_size, image_size, image_size, 3]` to
        `[batch_size, feature_dim]`.
    """
    check_choice("backbone", name, BACKBONES)
    if weights:
        _check_weights(name, weights)
    if name == SMALL_CNN:
        return small_cnn(image_size)
    return application(name, image_size, weights)


def _check_weights(name, weights):
    if name == SMALL_CNN:
        raise ValueError(
            "weights exist for the other backbones only. "
            f"Received: weights={weights!r}, backbone={name!r}. Use weights=''."
        )
    if weights != "imagenet" and not pathlib.Path(weights).is_file():
        raise FileNotFoundError(
            "weights must be 'imagenet' or the path of a file of weights. "
            f"Received: {weights!r}, which is no file."
        )
