"""All ways in which a picture is read: training, data doctor, served graph."""

from __future__ import annotations

import io
import pathlib
import re
import time

import numpy as np
import tensorflow as tf
from PIL import Image

from dnc_keras import images
from dnc_keras.images import kinds
from dnc_keras.images.exif import orientation
from dnc_keras.images.requirement import one_line

_KINDS = kinds.NAMES.lower().split(", ")
# What an image is told to be: wrong, and, for texts in it, damaged.
_REFUSALS = (tf.errors.InvalidArgumentError, tf.errors.DataLossError)
_SIDE = 8  # Pixels of the squares.
_CONTENTS = tf.TensorSpec([], tf.string)


class Decoders:
    """Reads pictures in every way, and watches seconds and memory.

    Args:
        export_dir: a SavedModel; None: there is no served graph.
    """

    def __init__(self, export_dir=None):
        self._ways = {
            "decode": tf.function(_decode, [_CONTENTS]),
            "crop": tf.function(_random_crop, [_CONTENTS]),
            "center_crop": tf.function(_center_crop, [_CONTENTS]),
        }
        self.signatures = {}
        if export_dir:
            # Kept, as signatures do not keep what they need.
            self._served = tf.saved_model.load(str(export_dir))
            self.signatures = dict(self._served.signatures)
        for name in set(self.signatures) & {"serving_bytes", "search"}:
            self._ways[name] = _of_one(self.signatures[name])
        for form in ("JPEG", "PNG", "GIF", "BMP"):
            self.look(_tiny(form))  # The first time is slow.

    def look(self, contents: bytes) -> dict:
        """What the ways made of a picture.

        Returns:
            A dict of `ways`, the names of all; `kinds` of pictures that
            TensorFlow reads; `refused`, {way: message}; `failed`, {way:
            message} of errors that no picture may cause; `pixels`, of
            `decode`, or None; `orientation`; `seconds`, of the slowest way;
            `megabytes`, by which memory grew.
        """
        refused, failed, results, seconds = {}, {}, {}, []
        before = _start_of_peak()
        for name, way in self._ways.items():
            begin = time.perf_counter()
            try:
                results[name] = _checked(way(contents))
            except _REFUSALS as error:
                refused[name] = _short(error)
            except Exception as error:
                failed[name] = f"{type(error).__name__}: {_short(error)}"
            seconds.append(time.perf_counter() - begin)
        return {
            "ways": list(self._ways),
            "kinds": _KINDS,
            "refused": refused,
            "failed": failed,
            "pixels": results["decode"][0] if "decode" in results else None,
            "orientation": int(results.get("decode", [0, 0])[1]),
            "seconds": max(seconds),
            "megabytes": (_memory("VmHWM") - before) / 1024,
        }

    def unreadable(self, paths) -> dict:
        """{path: reason} of what the data doctor cannot read."""
        found = images.find_unreadable([str(path) for path in paths])
        return {path: reason for _, path, reason in found}


def _tiny(form):
    file = io.BytesIO()
    Image.new("RGB", (2, 3)).save(file, form)
    return file.getvalue()


def _decode(contents):
    image = images.decode(contents)
    with tf.control_dependencies([image]):
        return image, orientation(contents)


def _random_crop(contents):
    return images.random_resized_crop(contents, _SIDE, [0, 0])


def _center_crop(contents):
    return images.resize_and_center_crop(contents, _SIDE)


def _of_one(signature):
    def embed(contents):
        outputs = signature(image_bytes=tf.constant([contents]))
        return next(
            value for value in outputs.values() if value.dtype == tf.float32
        )

    return embed


def _checked(result):
    arrays = [each.numpy() for each in tf.nest.flatten(result)]
    if not all(np.isfinite(array).all() for array in arrays):
        raise ArithmeticError("The result is not finite.")
    return arrays


def _short(error):
    return one_line(error)[-300:]


def _start_of_peak():
    """Makes the system forget the peak; returns the memory in kB now."""
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmRSS")


def _memory(name):
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+)", status)[1])
