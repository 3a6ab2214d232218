"""Writes a model for TensorFlow Serving."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Optional

import tensorflow as tf

from dnc_keras.export.description import describe
from dnc_keras.export.serving_model import ServingModel
from dnc_keras.export.versions import new_version
from dnc_keras.export.warmup import write_warmup
from dnc_keras.support.formats import stamped
from dnc_keras.support.whole_files import write_json

# TensorFlow Serving reads its warm-up there and nothing else.
EXTRA = "assets.extra"
DESCRIPTION = "dnc_keras.json"


def export_saved_model(
    model,
    path,
    image_size=None,
    center_crop=0.875,
    per_learner=False,
    gallery=None,
    description=None,
    load_image=None,
):
    """Writes a SavedModel that runs without this package and without Keras.

    Signatures, both to `{"embedding": [batch_size, embedding_dim] float32}`:
    `serving_default(images [batch_size, height, width, channels] float32,
    values 0 to 255)` and `serving_bytes(image_bytes [batch_size] string)`,
    encoded images (JPEG, PNG, BMP, GIF) of any size up to 2**26 pixels, which
    become gray for a model of one channel. What is not as it should be is an
    InvalidArgument error of the request.

    A model of something else has `serving_default` alone: `features` for
    vectors, the names of a dict, `inputs` for text or tokens, and `inputs_0`,
    `inputs_1` for a list.

    `assets.extra/` holds the warm-up of TensorFlow Serving, where the package
    tensorflow-serving-api is installed, and `dnc_keras.json`, which says what
    was exported.

    Args:
        model: a `DivideAndConquer`, or another Keras model to embeddings. One
            that does not say what it takes is taken for a model of RGB images.
        path: folder of all versions of this model. The new one is
            `path/1`, or one more than the largest number there. It is written
            under another name and renamed, so that a server never sees half
            of it.
        image_size: what images are resized to, in pixels: one number for
            height and width, or both. None, the default, is for models that
            declare it, and for those of no images.
        center_crop: share of the short side that `serving_bytes` keeps, as in
            the evaluation of the training.
        per_learner: whether both signatures also return `per_learner`, as
            `learner_parts` makes it.
        gallery: a `Gallery`, for a signature `search(image_bytes)`. None, the
            default: there is no such signature.
        description: a dict to add to `dnc_keras.json`.
        load_image: the user's own function from an encoded image, a scalar
            string tensor, to what the model takes, for `serving_bytes`. None,
            the default: images are decoded, resized and cut.

    Returns:
        The folder of the new version, a `pathlib.Path`.
    """
    serving_model = ServingModel(
        *(model, image_size, center_crop, per_learner, gallery),
        load_image=load_image,
    )
    return write_version(serving_model, path, description)


def write_version(
    serving_model: ServingModel,
    path,
    description: Optional[Mapping] = None,
    files: Optional[Mapping[str, bytes]] = None,
) -> pathlib.Path:
    """Writes the next version of a model.

    Args:
        serving_model: what is served.
        path: folder of all versions of this model.
        description: a dict to add to `dnc_keras.json`.
        files: contents by name, for `assets.extra/`.

    Returns:
        The folder of the new version.
    """
    with new_version(path) as (version, folder):
        signatures = serving_model.signatures()
        tf.saved_model.save(serving_model, str(folder), signatures)
        extra = folder / EXTRA
        extra.mkdir()
        write_warmup(extra, serving_model)
        facts = {**describe(serving_model), **(description or {})}
        write_json(extra / DESCRIPTION, stamped(facts))
        for name, contents in (files or {}).items():
            (extra / name).write_bytes(contents)
    return version
