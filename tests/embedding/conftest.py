"""Exports of small models, of images and of vectors, and what they embed."""

from __future__ import annotations

import types

import numpy as np
import pytest
import tensorflow as tf
from helpers.image_files import encode
from helpers.image_files import smooth
from helpers.image_files import write_file
from helpers.small_models import CENTER_CROP
from helpers.small_models import FEATURE_DIM
from helpers.small_models import IMAGE_SIZE
from helpers.small_models import build_small_model
from helpers.small_models import build_vector_model
from helpers.small_models import embed_vectors

import dnc_keras as dnc


@pytest.fixture(scope="session")
def of_images(tmp_path_factory):
    """An export of images: `path`, its `embedder`, `served` for bytes."""
    path = tmp_path_factory.mktemp("of_images")
    tf.keras.utils.set_random_seed(0)
    dnc.export_saved_model(build_small_model(), path, IMAGE_SIZE, CENTER_CROP)
    signatures = tf.saved_model.load(str(path / "1")).signatures

    def served(*contents):
        outputs = signatures["serving_bytes"](image_bytes=tf.constant(contents))
        return outputs["embedding"].numpy()

    return types.SimpleNamespace(
        path=path,
        embedder=dnc.Embedder.load(path),
        served=served,
        served_pixels=lambda x: signatures["serving_default"](images=x)[
            "embedding"
        ].numpy(),
    )


@pytest.fixture(scope="session")
def of_vectors(tmp_path_factory):
    """An export of vectors: `path`, its `embedder`, `expected` by NumPy."""
    path = tmp_path_factory.mktemp("of_vectors")
    tf.keras.utils.set_random_seed(0)
    model = build_vector_model()
    dnc.export_saved_model(model, path)
    return types.SimpleNamespace(
        path=path,
        embedder=dnc.Embedder.load(path),
        expected=lambda vectors: embed_vectors(model, vectors),
    )


@pytest.fixture
def vectors():
    random = np.random.default_rng(0)
    return random.normal(size=[30, FEATURE_DIM]).astype(np.float32)


@pytest.fixture
def files(tmp_path):
    """Images of several sizes and formats, upright and turned."""
    turned = encode(smooth(18, 30), "JPEG", exif=b"Exif\x00\x00" + _turned())
    contents = {
        "wide.png": encode(smooth(20, 33), "PNG"),
        "own_size.png": encode(smooth(IMAGE_SIZE, IMAGE_SIZE), "PNG"),
        "tall.jpg": encode(smooth(41, 17), "JPEG"),
        "gray.png": encode(smooth(12, 12), "PNG", mode="L"),
        "alpha.png": encode(smooth(9, 14), "PNG", mode="RGBA"),
        "turned.jpg": turned,
    }
    return [write_file(tmp_path / name, x) for name, x in contents.items()]


def _turned():
    """EXIF data that say: the top of the image is on its left."""
    return (
        b"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00"
        b"\x06\x00\x00\x00\x00\x00\x00\x00"
    )
