"""Equal test sets have one digest, others another."""

from __future__ import annotations

import hashlib

import pytest

from dnc_keras.datasets import Dataset
from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets.fingerprint import digest_of_queries
from dnc_keras.datasets.fingerprint import digest_of_test

_TRAIN = ImageIndex.from_class_names(["x", "y"], ["p", "q"])
_PATHS = ["/data/a/1.png", "/data/a/2.png", "/data/b/1.png", "/data/b/2.png"]
_NAMES = ["a", "a", "b", "b"]


def _digest(paths=_PATHS, names=_NAMES, train=_TRAIN, **roles):
    test = ImageIndex.from_class_names(paths, names)
    return digest_of_test(Dataset("mine", train, test, **roles))


def test_the_digest_is_that_of_classes_and_files_below_the_folder():
    text = "test\na\0a/1.png\na\0a/2.png\nb\0b/1.png\nb\0b/2.png\n"
    assert _digest() == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_a_moved_folder_and_another_order_change_nothing():
    moved = [f"/elsewhere/deep{path}" for path in _PATHS]
    assert _digest(moved) == _digest()
    assert _digest(_PATHS[::-1], _NAMES[::-1]) == _digest()


def test_train_images_have_no_part_in_it():
    train = ImageIndex.from_class_names(["v", "w"], ["r", "s"])
    assert _digest(train=train) == _digest()


@pytest.mark.parametrize(
    "paths, names",
    [
        (_PATHS, ["a", "a", "b", "c"]),
        ([*_PATHS[:3], "/data/b/3.png"], _NAMES),
        ([*_PATHS, "/data/b/3.png"], [*_NAMES, "b"]),
        (_PATHS, ["b", "b", "a", "a"]),
    ],
    ids=["class", "file", "one more", "swapped"],
)
def test_other_images_or_classes_have_another_digest(paths, names):
    assert _digest(paths, names) != _digest()


def test_queries_and_gallery_count():
    first, second = (
        ImageIndex.from_class_names(_PATHS[start::2], _NAMES[start::2])
        for start in (0, 1)
    )
    digests = {
        _digest(),
        _digest(query=first, gallery=second),
        _digest(query=second, gallery=first),
    }
    assert len(digests) == 3


def test_a_name_that_is_no_text_is_digested():
    odd = [*_PATHS[:3], "/data/b/\udcff.png"]
    assert _digest(odd) != _digest()


def _digest_of_queries(paths=_PATHS, names=_NAMES, **roles):
    test = ImageIndex.from_class_names(paths, names)
    return digest_of_queries(Dataset("mine", _TRAIN, test, **roles))


def test_queries_in_another_order_have_another_digest():
    moved = [f"/elsewhere/deep{path}" for path in _PATHS]
    assert _digest_of_queries(moved) == _digest_of_queries()
    assert _digest_of_queries(_PATHS[::-1], _NAMES[::-1]) != (
        _digest_of_queries()
    )


def test_the_gallery_is_no_query():
    first, second = (
        ImageIndex.from_class_names(_PATHS[start::2], _NAMES[start::2])
        for start in (0, 1)
    )
    found = _digest_of_queries(query=first, gallery=second)
    assert found == _digest_of_queries(_PATHS[::2], _NAMES[::2])
    assert found != _digest_of_queries(query=second, gallery=first)
