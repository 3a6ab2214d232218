"""Cached images are the images, read once."""

from __future__ import annotations

import os

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras.datasets import Dataset
from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets import load
from dnc_keras.datasets import with_cache
from dnc_keras.datasets.contents import ByteRanges
from dnc_keras.datasets.contents import Copies
from dnc_keras.datasets.dataset import with_roles


@pytest.fixture
def dataset(tmp_path):
    """Two train classes, and query and gallery images of two others."""
    names = ["a0", "b0", "c0", "c1", "d0", "d1"]
    paths = [str(tmp_path / f"{name}.png") for name in names]
    for name, path in zip(names, paths):
        tf.io.write_file(path, f"content of {name}")
    train = ImageIndex.from_class_names(paths[:2], ["a", "b"])
    test = ImageIndex.from_class_names(paths[2:], ["c", "c", "d", "d"])
    is_query = np.array([False, True, False, True])
    return Dataset("mine", train, **with_roles(test, is_query))


def _contents(index):
    read = index.reader()
    positions = tf.data.Dataset.range(len(index)).map(read)
    return [content.decode() for content in positions.as_numpy_iterator()]


def _copies(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def _check_contents(cached):
    assert _contents(cached.train) == ["content of a0", "content of b0"]
    assert _contents(cached.test) == [
        f"content of {n}{i}" for n in "cd" for i in "01"
    ]
    assert _contents(cached.query) == ["content of c1", "content of d1"]
    assert _contents(cached.gallery) == ["content of c0", "content of d0"]


@pytest.mark.parametrize("cache", ["memory", "copies/of images"])
def test_cached_images_do_not_need_their_files(dataset, cache, tmp_path):
    cache = cache if cache == "memory" else str(tmp_path / cache)
    cached = with_cache(dataset, cache)
    for index in (dataset.train, dataset.test):
        for path in index.paths:
            os.remove(path)
    _check_contents(cached)
    assert list(cached.query.paths) == list(dataset.query.paths)


def test_a_subset_of_cached_images_has_their_contents(dataset, tmp_path):
    for cache in ("memory", str(tmp_path / "copies")):
        subset = with_cache(dataset, cache).test.subset(np.array([3, 0]))
        assert _contents(subset) == ["content of d1", "content of c0"]
        assert subset.contents[1] == b"content of c0"


def test_copies_are_made_once(dataset, tmp_path):
    with_cache(dataset, str(tmp_path / "copies"))
    first = {path: path.stat().st_ino for path in _copies(tmp_path / "copies")}
    assert len(first) == 6
    with_cache(dataset, str(tmp_path / "copies"))
    again = {path: path.stat().st_ino for path in _copies(tmp_path / "copies")}
    assert again == first


def test_a_changed_image_is_copied_again(dataset, tmp_path):
    with_cache(dataset, str(tmp_path / "copies"))
    tf.io.write_file(dataset.train.paths[0], "now another one")
    cached = with_cache(dataset, str(tmp_path / "copies"))
    assert _contents(cached.train) == ["now another one", "content of b0"]


def test_copies_of_pieces_of_a_file(dataset, tmp_path):
    (tmp_path / "pieces").write_bytes(b"ABBCCC")
    pieces = ByteRanges(
        [tmp_path / "pieces"],
        np.zeros(2, int),
        np.array([0, 3]),
        np.array([1, 3]),
    )
    train = ImageIndex(
        np.array(["first", "second"], object),
        np.array([0, 1], np.int32),
        ("a", "b"),
        contents=pieces,
    )
    dataset = Dataset("mine", train, dataset.test)
    cached = with_cache(dataset, str(tmp_path / "copies"))
    assert isinstance(cached.train.contents, Copies)
    assert _contents(cached.train) == ["A", "CCC"]


def test_images_in_memory_stay_there(tmp_path):
    digits = load("digits")
    cached = with_cache(digits, str(tmp_path / "copies"))
    assert cached.train.contents is digits.train.contents
    assert not (tmp_path / "copies").exists()


@pytest.mark.parametrize("cache", ["memory", "copies"])
def test_an_image_that_is_gone_is_named(dataset, cache, tmp_path):
    os.remove(dataset.train.paths[1])
    cache = cache if cache == "memory" else str(tmp_path / cache)
    with pytest.raises(FileNotFoundError, match="b0.png"):
        with_cache(dataset, cache)


def test_a_copy_is_whole_or_not_there(dataset, tmp_path, monkeypatch):
    def fail(*paths):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        with_cache(dataset, str(tmp_path / "copies"))
    assert not _copies(tmp_path / "copies")
