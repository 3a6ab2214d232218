"""Backbones that the user brings: of KerasHub, of a file, of a function."""

from __future__ import annotations

import os

from dnc_keras._keras import all_layers
from dnc_keras._keras import check_same_keras
from dnc_keras._keras import keras
from dnc_keras._keras import keras_version
from dnc_keras.models.divide_and_conquer import DivideAndConquer
from dnc_keras.models.hub_presets import load_preset
from dnc_keras.models.joined import join_backbone
from dnc_keras.models.keras_file import check_keras_file
from dnc_keras.models.keras_file import is_of_this_keras
from dnc_keras.models.keras_file import open_keras_file
from dnc_keras.models.keras_file import writer_of
from dnc_keras.models.own_objects import check_can_be_opened
from dnc_keras.support.own_code import call_with
from dnc_keras.support.own_code import import_function
from dnc_keras.support.own_code import names_own_code

_HUB, _FILE = "hub:", ".keras"
_DEFAULT = "imagenet"


def is_own_backbone(name: str) -> bool:
    """Whether `--backbone` names what the user brings."""
    return name.startswith(_HUB) or name.endswith(_FILE) or names_own_code(name)


def build_own_backbone(
    name: str, image_size: int, weights: str, **joining
) -> keras.Model:
    """Builds a backbone from `hub:PRESET`, `PATH.keras` or a function's name.

    A function's name runs the user's code: it must come from a command line or
    a program, never from the folder of a run.

    Args:
        name: `--backbone`.
        image_size: height and width of the images, in pixels.
        weights: `--weights`: "imagenet", the default, leaves the model its
            own; "" is a random start, for KerasHub alone.
        **joining: `pixel_scaling`, `pooling` and `feature_key` of
            `join_backbone`.

    Raises:
        ValueError, OSError: where it cannot be built, or is no backbone.
    """
    asked, scaling = f"backbone={name}", None
    if name.startswith(_HUB):
        _check_weights(weights, ("", _DEFAULT), asked)
        preset = name[len(_HUB) :]
        network, scaling = load_preset(preset, image_size, bool(weights))
    elif name.endswith(_FILE):
        network = _open(name, asked)
        _check_weights(weights, (_DEFAULT,), asked)
    else:
        network = _call(name, image_size)
        _check_weights(weights, ("", _DEFAULT), asked)
    backbone = join_backbone(network, image_size, asked, scaling, **joining)
    check_can_be_opened(backbone, asked)
    return backbone


def _check_weights(weights, allowed, asked):
    if weights not in allowed:
        raise ValueError(
            f"{asked} comes with its weights. Received: weights={weights!r}. "
            "Use --weights=imagenet, the default, which leaves them."
        )


def _open(path, asked):
    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"backbone must be a file that is there. Received: {path!r}. Save "
            "a model there by `model.save(PATH)`."
        )
    check_keras_file(path)
    if not is_of_this_keras(path):
        raise ValueError(
            f"{asked} must be a file of the Keras in use, {keras_version()}. "
            f"Received: one of Keras {writer_of(path)}. Save the model with "
            "this Keras, or use the other one: TF_USE_LEGACY_KERAS=1 decides."
        )
    model = open_keras_file(path)
    check_policy(model, asked)
    # Of an earlier run: its embedding is not what is trained on.
    return model.backbone if isinstance(model, DivideAndConquer) else model


def check_policy(model, asked: str):
    """Raises ValueError for a policy of 16 bits that a model's layers lack."""
    policy = keras.mixed_precision.global_policy()
    layers = [x for x in all_layers(model) if not isinstance(x, keras.Model)]
    types = {layer.compute_dtype for layer in layers if layer.weights}
    if types and policy.compute_dtype not in {"float32", *types}:
        raise ValueError(
            f"mixed_precision must be left out for {asked}, whose layers are "
            f"of {' and '.join(sorted(types))}. Received: {policy.name}. Or "
            "make the model under that policy."
        )


def _call(name, image_size):
    function = import_function(name, "backbone")
    network = call_with(function, f"backbone={name}", image_size=image_size)
    try:
        check_same_keras(network, f"What {name} returns")
    except TypeError as error:
        raise ValueError(str(error)) from error
    return network
