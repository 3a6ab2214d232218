"""The approximate index against the exact one."""

from __future__ import annotations

import pathlib
import sys

import numpy as np
import pytest
from helpers.points import points

from dnc_keras import gallery
from dnc_keras.gallery import faiss_index


@pytest.fixture
def clustered():
    """3,000 rows around 100 centres."""
    centers = points(100, 16)
    return np.repeat(centers, 30, axis=0) + 0.1 * points(3000, 16, seed=1)


def test_faiss_finds_most_neighbors(clustered):
    pytest.importorskip("faiss")
    index = gallery.FaissIndex(clustered)
    exact = gallery.ExactIndex(clustered)
    distances, indices = index.search(clustered[:50], 5)
    expected = exact.search(clustered[:50], 5)
    hits = np.mean([len({*a} & {*b}) for a, b in zip(indices, expected[1])]) / 5
    assert hits > 0.8
    measured = np.linalg.norm(clustered[:50, None] - clustered[indices], axis=2)
    np.testing.assert_allclose(distances, measured, rtol=1e-3, atol=1e-3)
    assert indices.dtype == np.int32


def test_faiss_looks_further_where_its_lists_hold_too_few(clustered):
    pytest.importorskip("faiss")
    index = gallery.FaissIndex(clustered)
    found = index.search(clustered[:2], 2000)[1]
    expected = gallery.ExactIndex(clustered).search(clustered[:2], 2000)[1]
    np.testing.assert_array_equal(np.sort(found), np.sort(expected))


def test_faiss_index_is_kept_for_the_same_gallery(
    clustered, tmp_path, monkeypatch
):
    pytest.importorskip("faiss")
    built = gallery.FaissIndex(clustered, tmp_path).search(clustered[:9], 5)
    monkeypatch.delattr(faiss_index, "_build")
    again = gallery.FaissIndex(clustered, tmp_path).search(clustered[:9], 5)
    np.testing.assert_array_equal(built, again)
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(NameError):
        gallery.FaissIndex(clustered[1:], tmp_path)


def test_faiss_index_is_whole_or_not_there(clustered, tmp_path, monkeypatch):
    faiss = pytest.importorskip("faiss")

    def write_half(index, path):
        pathlib.Path(path).write_bytes(b"half")
        raise RuntimeError("No space left on device")

    monkeypatch.setattr(faiss, "write_index", write_half)
    with pytest.raises(RuntimeError, match="No space"):
        gallery.FaissIndex(clustered, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_faiss_takes_a_gallery_of_one_row():
    pytest.importorskip("faiss")
    found = gallery.FaissIndex(points(1)).search(points(2, seed=1), 1)
    np.testing.assert_array_equal(found[1], [[0], [0]])


def test_faiss_that_is_not_installed_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ValueError, match=r'pip install "dnc-keras\[faiss\]"'):
        gallery.FaissIndex(points(3))
