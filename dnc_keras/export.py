"""Writes a model for TensorFlow Serving."""

from __future__ import annotations

import os
import pathlib
import shutil

import tensorflow as tf

from dnc_keras._keras import raw_variables
from dnc_keras.images import resize_and_center_crop


def export_saved_model(model, path, image_size, center_crop=0.875):
    """Writes a SavedModel that runs without this package and without Keras.

    Signatures, both to `{"embedding": [batch_size, embedding_dim] float32}`:
    `serving_default(images [batch_size, image_size, image_size, 3] float32,
    values 0 to 255)` and `serving_bytes(image_bytes [batch_size] string)`,
    encoded images (JPEG, PNG, BMP, GIF) of any size.

    Args:
        model: a `DivideAndConquer`, or another Keras model from images to
            embeddings.
        path: folder of all versions of this model. The new one is
            `path/1`, or one more than the largest number there. It is written
            under another name and renamed, so that a server never sees half
            of it.
        image_size: height and width that the model takes, in pixels.
        center_crop: share of the short side that `serving_bytes` keeps, as in
            the evaluation of the training.

    Returns:
        The folder of the new version, a `pathlib.Path`.
    """
    path = pathlib.Path(path)
    path.mkdir(parents=True, exist_ok=True)
    version = path / str(max(_versions(path), default=0) + 1)
    unfinished = path / f".{version.name}.{os.getpid()}"
    module = _ServingModule(model, image_size, center_crop)
    try:
        tf.saved_model.save(module, str(unfinished), module.signatures())
        unfinished.rename(version)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return version


def latest_version(path):
    """The newest SavedModel below `path`, or `path` if it is one itself.

    Raises:
        ValueError: where there is none.
    """
    path = pathlib.Path(path)
    numbers = _versions(path)
    newest = path / str(max(numbers)) if numbers else path
    if not (newest / "saved_model.pb").exists():
        raise ValueError(
            "export_dir must be a SavedModel or the folder of its versions. "
            f"Received: {str(path)!r}. Export one with dnc_keras.export_model."
        )
    return newest


class _ServingModule(tf.Module):
    """Holds the variables: a Keras model itself would drag its layers in."""

    def __init__(self, model, image_size, center_crop):
        super().__init__()
        self._embed = lambda images: model(images, training=False)
        self._image_size = image_size
        self._center_crop = center_crop
        self.model_variables = raw_variables(model)

    def signatures(self):
        size = self._image_size
        images = tf.TensorSpec([None, size, size, 3], tf.float32, "images")
        image_bytes = tf.TensorSpec([None], tf.string, "image_bytes")
        self.from_images = tf.function(self._from_images, [images])
        self.from_bytes = tf.function(self._from_bytes, [image_bytes])
        return {
            "serving_default": self.from_images,
            "serving_bytes": self.from_bytes,
        }

    def _from_images(self, images):
        return {"embedding": self._embed(images)}

    def _from_bytes(self, image_bytes):
        size = self._image_size
        images = tf.map_fn(
            self._pixels,
            image_bytes,
            fn_output_signature=tf.TensorSpec([size, size, 3], tf.float32),
        )
        return self._from_images(images)

    def _pixels(self, contents):
        return resize_and_center_crop(
            contents, self._image_size, self._center_crop
        )


def _versions(path):
    if not path.is_dir():
        return []
    return [int(entry.name) for entry in path.iterdir() if entry.name.isdigit()]
