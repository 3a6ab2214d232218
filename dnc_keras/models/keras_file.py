"""Opens `.keras` files of strangers: what could run code is refused first.

Keras' safe mode refuses a Lambda layer in the zip format alone. Keras 2 takes
an HDF5 file or a SavedModel's folder by any name and runs what they hold, and
imports whatever module a configuration names.
"""

from __future__ import annotations

import json
import zipfile

from dnc_keras._keras import check_no_twin
from dnc_keras._keras import keras
from dnc_keras._keras import keras_version
from dnc_keras.models.hub_layers import KERAS_HUB
from dnc_keras.models.hub_layers import check_hub_layer
from dnc_keras.support.damage import reading
from dnc_keras.support.zip_bounds import check_unpacked

_CONFIG = "config.json"
_MAX_CONFIG = 2**28  # Bytes, unpacked: as much as a million layers need.
# Whose classes build layers and do nothing else.
_TRUSTED = (
    "keras",
    "tf_keras",
    "tensorflow",
    "tensorflow_addons",
    "dnc_keras",
    "builtins",
)
# Parts of the names of TensorFlow's functions that reach beyond tensors.
_FORBIDDEN = {
    "config",
    "data",
    "debugging",
    "function",
    "io",
    "load_library",
    "load_op_library",
    "lookup",
    "numpy_function",
    "print",
    "py_func",
    "py_function",
    "queue",
    "raw_ops",
    "saved_model",
    "summary",
    "train",
}


def open_keras_file(path) -> keras.Model:
    """Loads a model, in Keras' safe mode, if its file is harmless.

    Args:
        path: the file, in the zip format of `.keras`.

    Returns:
        The Keras model.

    Raises:
        ValueError: for a file of another format, or that names code of other
            packages than Keras, TensorFlow and this one, unless a class is
            registered under that name.
        OSError: where it cannot be read.
    """
    check_keras_file(path)
    with reading(path, "a whole .keras file", "Save the model anew."):
        return keras.models.load_model(path)


def check_keras_file(path):
    """Raises ValueError as `open_keras_file` does, and loads nothing."""
    check_no_twin()
    check_config(path, _read_config(path))


def check_config(path, config):
    """Raises ValueError if a configuration names code of others.

    Args:
        path: where it comes from, for messages.
        config: what Keras makes a model of, as JSON has it.
    """
    for node in _nodes(config):
        _check_module(path, node)
        _check_function(path, node)


def writer_of(path) -> str:
    """The version of the Keras that wrote a `.keras` file."""
    with zipfile.ZipFile(path) as file:
        return json.loads(file.read("metadata.json"))["keras_version"]


def is_of_this_keras(path) -> bool:
    """Whether the Keras that wrote a `.keras` file has this one's format."""
    return _major(writer_of(path)) == _major(keras_version().split()[1])


def _major(version):
    return version.partition(".")[0]


def _read_config(path):
    with open(path, "rb") as file:
        if not zipfile.is_zipfile(file):
            raise ValueError(
                f"{path} must be a whole file in the zip format of .keras. "
                "Received: another format, which may run code when it is "
                "opened, or half a file. Save the model as a .keras file."
            )
        remedy = "Save the model anew."
        with reading(path, f"a whole .keras file with a {_CONFIG}", remedy):
            with zipfile.ZipFile(file) as archive:
                check_unpacked(archive, file)
                # Keras reads weights in parts, and checks no sum of them.
                if damaged := archive.testzip():
                    raise ValueError(f"{damaged} is damaged")
                return _read_json(archive)


def _read_json(archive):
    size = archive.getinfo(_CONFIG).file_size
    if size > _MAX_CONFIG:
        raise ValueError(f"{size} bytes, more than {_MAX_CONFIG}")
    return json.loads(archive.read(_CONFIG))


def _nodes(config):
    """Yields each dict in a configuration; a stack, as it may be deep."""
    waiting = [config]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _check_module(path, node):
    module = node.get("module")
    if module is None or not ("class_name" in node or "config" in node):
        return
    package, name = str(module).split(".")[0], node.get("registered_name")
    if package == KERAS_HUB:
        return check_hub_layer(path, name)
    if package in _TRUSTED or _is_registered(name):
        return
    raise ValueError(
        f"{path} must hold layers of Keras, of this package, or registered "
        f"ones. Received: {node.get('class_name')!r} of module {module!r}, "
        "whose code would run. Register it with "
        "keras.saving.register_keras_serializable if it is yours, and import "
        "its module first."
    )


def _is_registered(name):
    return (
        isinstance(name, str)
        and keras.utils.get_registered_object(name) is not None
    )


def _check_function(path, node):
    """Keras 2 keeps the name of a function of TensorFlow as a layer."""
    name = node.get("function")
    if isinstance(name, str) and _FORBIDDEN & set(name.split(".")):
        raise ValueError(
            f"{path} must hold layers that compute. Received: one that calls "
            f"tf.{name}. Train the model again without it."
        )
