"""The model of a `.keras` file, whichever Keras wrote it."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import tempfile
import zipfile

import h5py
from absl import logging

from dnc_keras._keras import keras
from dnc_keras._keras import keras_version
from dnc_keras.backbones.vectors import vector_backbone
from dnc_keras.config import TrainConfig
from dnc_keras.config.data import VECTORS
from dnc_keras.models.configured import build_network
from dnc_keras.models.keras_file import check_keras_file
from dnc_keras.models.keras_file import is_of_this_keras
from dnc_keras.models.keras_file import writer_of
from dnc_keras.models.own_backbones import is_own_backbone
from dnc_keras.support.damage import DAMAGE
from dnc_keras.support.damage import first_line

_WEIGHTS = "model.weights.h5"
# Where Keras 2 keeps what Keras 3 keeps by the names of the attributes.
_NAMES = {
    "layers/functional/": "backbone/",
    "layers/masked_dense/": "embedding/",
}


def load_model(path, config: TrainConfig) -> keras.Model:
    """Loads the model of a training run.

    The configuration in a file of Keras 2 means nothing to Keras 3, and the
    other way round; and a file may name a loss that is not installed. Then the
    model is built anew from its settings, and the weights are read from the
    file, with a warning.

    Args:
        path: the `.keras` file.
        config: the settings of the run.

    Returns:
        A `DivideAndConquer`. It is compiled only if Keras reads the file as it
        is.

    Raises:
        ValueError: if the file cannot be read, or is not of these settings.
    """
    check_keras_file(path)
    try:
        hindrance = f"was written by Keras {writer_of(path)}"
        if is_of_this_keras(path):
            try:
                return keras.models.load_model(path)
            except Exception as error:  # Keras raises all kinds.
                hindrance = f"is not as Keras wants it: {first_line(error)}"
        model = _rebuilt(path, config)
    except DAMAGE as error:
        raise ValueError(
            f"{path} must hold a model of the settings of its run. Received: "
            f"{first_line(error)}. Open it with the Keras that wrote it, or "
            "train again."
        ) from error
    logging.warning(
        "%s %s. Its weights are read into a model that %s built from the "
        "settings of the run.",
        *(path, hindrance, keras_version()),
    )
    return model


def _rebuilt(path, config):
    model = _like(path, dataclasses.replace(config, weights=""))
    with tempfile.TemporaryDirectory() as folder:
        # Its own layout of the file, to be filled with the weights.
        own = str(pathlib.Path(folder, _WEIGHTS))
        model.save_weights(own)
        with zipfile.ZipFile(path) as file, file.open(_WEIGHTS) as weights:
            with h5py.File(own, "r+") as target, h5py.File(weights) as source:
                _copy(_weights_of(source), _weights_of(target))
        model.load_weights(own)
    return model


def _like(path, config):
    """A new network of the settings, and of the width of the file's vectors."""
    if config.dataset != VECTORS:
        _check_needs_no_code(config.backbone)
        return build_network(config)
    with zipfile.ZipFile(path) as file:
        built = json.loads(file.read("config.json"))["build_config"]
    return build_network(config, vector_backbone(built["inputs"]["shape"][1]))


def _check_needs_no_code(backbone):
    """Refuses to load or run what the folder of a run names."""
    if is_own_backbone(backbone):
        raise ValueError(
            f"backbone={backbone}, which is not built to read a run"
        )


def _weights_of(file):
    """The weights of backbone and embedding in a file, by their names."""
    found = {}

    def add(name, entry):
        for own, common in _NAMES.items():
            if name.startswith(own):
                name = common + name[len(own) :]
        if isinstance(entry, h5py.Dataset) and name.startswith(
            tuple(_NAMES.values())
        ):
            found[name] = entry

    file.visititems(add)
    return found


def _copy(source, target):
    differing = sorted(
        name
        for name in source.keys() | target.keys()
        if getattr(source.get(name), "shape", None)
        != getattr(target.get(name), "shape", None)
    )
    if differing:
        raise ValueError(
            f"{len(differing)} weights of another model, such as {differing[0]}"
        )
    for name, entry in target.items():
        entry[...] = source[name][...]
