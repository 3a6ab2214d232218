"""A gallery inside the exported model."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers.image_files import plain
from helpers.image_files import png
from helpers.image_files import write_image

from dnc_keras import DivideAndConquer
from dnc_keras import export_saved_model
from dnc_keras._keras import keras
from dnc_keras.datasets.folder import IMAGE_EXTENSIONS
from dnc_keras.export import Gallery
from dnc_keras.export import ServingModel
from dnc_keras.export import built_in_gallery as gallery
from dnc_keras.export import embed_gallery

FILES = ("cats/1.png", "cats/2.png", "dogs/big/1.png", "top.png")


def _unit_rows(num_rows, dim, seed=0):
    rows = np.random.default_rng(seed).normal(size=[num_rows, dim])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Images of noise, a hidden one and a text beside them."""
    root = tmp_path_factory.mktemp("gallery")
    random = np.random.default_rng(0)
    for name in (*FILES, ".hidden.png", ".cache/1.png"):
        write_image(root / name, random.integers(0, 256, [9, 12, 3]))
    (root / "readme.txt").write_text("no image")
    return root


@pytest.fixture(scope="module")
def model():
    backbone = keras.Sequential(
        [keras.Input([8, 8, 3]), keras.layers.Flatten()]
    )
    return DivideAndConquer(backbone, embedding_dim=4, num_learners=2)


@pytest.fixture(scope="module")
def embed(model):
    served = ServingModel(model, 8)
    return lambda image_bytes: served.from_bytes(image_bytes)["embedding"]


def test_it_finds_what_plain_numpy_finds():
    rows, queries = _unit_rows(20, 3), _unit_rows(6, 3, seed=1)
    found = Gallery(rows, [f"{n}.png" for n in range(20)], ["x"] * 20, 5)
    found = found.search(tf.constant(queries))
    distances = np.linalg.norm(queries[:, None] - rows, axis=-1)
    order = np.argsort(distances, axis=1)[:, :5]
    np.testing.assert_array_equal(found["ids"], order)
    np.testing.assert_allclose(
        found["distances"],
        np.take_along_axis(distances, order, axis=1),
        atol=1e-6,
    )
    assert found["paths"].numpy()[2, 1] == f"{order[2, 1]}.png".encode()


def test_the_served_search_finds_each_image_itself(
    folder, model, embed, tmp_path
):
    images = embed_gallery(folder, embed, embedding_dim=4, top_k=9)
    version = export_saved_model(model, tmp_path, 8, gallery=images)
    loaded = tf.saved_model.load(str(version))
    contents = tf.constant([(folder / name).read_bytes() for name in FILES])
    found = loaded.signatures["search"](image_bytes=contents)
    assert found["ids"].shape == [4, 4]  # All there are.
    assert found["ids"].dtype == tf.int32
    paths = [path.decode() for path in found["paths"][:, 0].numpy()]
    assert paths == list(FILES)
    labels = [label.decode() for label in found["labels"][:, 0].numpy()]
    assert labels == ["cats", "cats", "dogs/big", ""]
    np.testing.assert_allclose(found["distances"][:, 0], 0.0, atol=1e-4)
    nothing = loaded.signatures["search"](image_bytes=contents[:0])
    assert nothing["distances"].shape == [0, 4]


def test_a_folder_without_images_is_named(tmp_path, embed):
    with pytest.raises(FileNotFoundError) as raised:
        embed_gallery(tmp_path, embed, 4)
    assert str(raised.value) == (
        f"A folder must hold images ({' '.join(IMAGE_EXTENSIONS)}). "
        f"Received: {str(tmp_path)!r} with none. Check the path."
    )


def test_an_image_that_cannot_be_read_is_named(tmp_path, embed):
    good = png(plain(0, 9, 9))
    (tmp_path / "a.png").write_bytes(good)
    (tmp_path / "b.png").write_bytes(good[:-20])
    with pytest.raises(ValueError) as raised:
        embed_gallery(tmp_path, embed, 4)
    assert str(raised.value) == (
        "Every image of the gallery must be one that the model takes. "
        f"Received: {tmp_path / 'b.png'}. Repair, shrink or remove it."
    )


def test_a_gallery_beyond_the_limit_is_refused(folder, embed, monkeypatch):
    monkeypatch.setattr(gallery, "MAX_BYTES", 3 * 4 * 4)
    with pytest.raises(ValueError) as raised:
        embed_gallery(folder, embed, 4)
    assert str(raised.value) == (
        "A gallery inside the model must have at most 48 bytes of "
        "embeddings, 3 images. Received: 64 bytes, 4 images. Serve "
        "embeddings, and search them in an index beside the server."
    )


def test_no_neighbours_at_all_are_refused():
    with pytest.raises(ValueError, match="top_k must be an integer above 0"):
        Gallery(_unit_rows(2, 3), ["a", "b"], ["", ""], top_k=0)
