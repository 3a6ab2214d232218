"""Builds a backbone from its name."""

from __future__ import annotations

import os

from dnc_keras.backbones.applications import APPLICATIONS
from dnc_keras.backbones.applications import IMAGENET
from dnc_keras.backbones.applications import application
from dnc_keras.backbones.resnet50_torchvision import CONVERTER
from dnc_keras.backbones.resnet50_torchvision import RESNET50_TORCHVISION
from dnc_keras.backbones.resnet50_torchvision import resnet50_torchvision
from dnc_keras.backbones.small_cnn import SMALL_CNN
from dnc_keras.backbones.small_cnn import small_cnn
from dnc_keras.support.paths import expanded

BACKBONES = (SMALL_CNN, RESNET50_TORCHVISION, *APPLICATIONS)


def build_backbone(name, image_size, weights=None):
    """Builds a network whose input are images with values 0 to 255.

    Args:
        name: one of `BACKBONES`. "small_cnn" is four convolutions for small
            pictures, trained from scratch; "resnet50_torchvision" is the
            ResNet-50 of torchvision; the others are those of
            `keras.applications` without their top, such as "resnet101_v2".
        image_size: height and width of the images, in pixels.
        weights: "imagenet" (Keras downloads them), the path of a file of
            weights, or None for a random start.

    Returns:
        A built Keras model: `[batch_size, image_size, image_size, 3]` to
        `[batch_size, feature_dim]`.
    """
    _check_name(name)
    if weights:
        weights = expanded(weights)
        _check_weights(name, weights)
    if name == SMALL_CNN:
        return small_cnn(image_size)
    if name == RESNET50_TORCHVISION:
        return resnet50_torchvision(image_size, weights)
    return application(name, image_size, weights)


def _check_name(name):
    if name not in BACKBONES:
        raise ValueError(
            f"backbone must be one of {', '.join(BACKBONES)}; hub:PRESET, "
            "PATH.keras or package.module:function. Received: "
            f"{name!r}."
        )


def _check_weights(name, weights):
    if name == SMALL_CNN:
        raise ValueError(
            "weights exist for the other backbones only. "
            f"Received: weights={weights!r}, backbone={name!r}. Use weights=''."
        )
    if weights == IMAGENET:
        if name == RESNET50_TORCHVISION:
            raise ValueError(
                f"weights of {name} must be a file, or '' for a random start. "
                f"Received: {weights!r}. Make the file from torchvision's by "
                f"`{CONVERTER}`."
            )
    elif not os.path.isfile(weights):
        raise FileNotFoundError(
            "weights must be 'imagenet' or the path of a file of weights. "
            f"Received: {weights!r}, which is no file."
        )
