"""The networks of `keras.applications`, as many as the Keras in use has."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re

from dnc_keras._keras import keras
from dnc_keras.backbones.pixel_scaling import PixelScaling
from dnc_keras.backbones.weights import load_weights

IMAGENET = "imagenet"
# How the `preprocess_input` of each module scales. A network of a module that
# is not here is not offered: a wrong scaling would go unnoticed.
_MODES = {
    "convnext": "none",
    "densenet": "torch",
    "efficientnet": "none",
    "efficientnet_v2": "none",
    "inception_resnet_v2": "tf",
    "inception_v3": "tf",
    "mobilenet": "tf",
    "mobilenet_v2": "tf",
    "mobilenet_v3": "none",
    "nasnet": "tf",
    "regnet": "none",
    "resnet": "caffe",
    "resnet_rs": "none",
    "resnet_v2": "tf",
    "vgg16": "caffe",
    "vgg19": "caffe",
    "xception": "tf",
}
_SMALLEST = {"inception_resnet_v2": 75, "inception_v3": 75, "xception": 71}
# Before each capital but those inside of Net and NeXt.
_NEW_WORD = re.compile(r"(?<=[a-z\d])(?!Net|NeXt|Xt)(?=[A-Z])")


def _find_applications():
    """`{"resnet50_v2": ("ResNet50V2", "tf"), ...}`, name to class and mode."""
    found = {}
    for constructor in dir(keras.applications):
        function = getattr(keras.applications, constructor)
        # Of the function: `keras.applications.mobilenet_v3` leaves its out.
        module = getattr(function, "__module__", "").rpartition(".")[2]
        if module in _MODES:
            name = _NEW_WORD.sub("_", constructor).lower()
            found[name] = (constructor, _MODES[module])
    return found


# In the words of `keras.utils.get_file`: address, and why.
_FAILED_DOWNLOAD = re.compile(
    r"URL fetch failure on (\S+): (?:None -- )?(.*)", re.DOTALL
)
APPLICATIONS = _find_applications()


def application(name, image_size, weights=None):
    """Builds one of `APPLICATIONS`, with pooled features.

    Raises:
        ValueError: where the images are too small for it, and for a file that
            does not hold its weights.
        ConnectionError: where weights cannot be downloaded.
    """
    smallest = _SMALLEST.get(name, 32)
    if image_size < smallest:
        raise ValueError(
            f"image_size must be {smallest} or more for {name}. Received: "
            f"{image_size}. Use image_size={smallest}, or backbone=small_cnn."
        )
    constructor, mode = APPLICATIONS[name]
    is_file = weights not in (None, "", IMAGENET)
    with _download_explained(name):
        network = getattr(keras.applications, constructor)(
            include_top=False,
            weights=None if is_file else weights or None,
            input_shape=(image_size, image_size, 3),
            pooling="avg",
        )
    if is_file:
        remedy = "Use another --weights=FILE, or --weights= for a random start."
        load_weights(network, weights, name, remedy)
    images = keras.Input([image_size, image_size, 3], name="images")
    return keras.Model(images, network(PixelScaling(mode)(images)), name=name)


@contextlib.contextmanager
def _download_explained(name):
    """Says what to do where Keras cannot download weights."""
    before = _kept_files()
    try:
        yield
    except Exception as error:  # Keras raises no narrower kind.
        found = _FAILED_DOWNLOAD.search(str(error))
        if not found:
            raise
        address, reason = found.groups()
        # Keras removes it.
        damaged = before.get(address.rpartition("/")[2])
        told = f"{damaged} was damaged, and " if damaged else ""
        raise ConnectionError(
            f"weights=imagenet needs the file of {name} in Keras' folder, or "
            f"a connection to download it. Received: {told}"
            f"{reason.strip(' -')}. Put {address} into ~/.keras/models, or "
            "into models/ of KERAS_HOME; or use --weights=FILE, or --weights= "
            "for a random start."
        ) from error


def _kept_files():
    """The paths of what Keras has downloaded before, by name."""
    folder = pathlib.Path(os.path.expanduser("~/.keras/models"))
    return {path.name: path for path in folder.glob("*")}
