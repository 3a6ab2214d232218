"""Files of embeddings, and files of something else."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras import gallery


@pytest.mark.parametrize(
    "content, words",
    [
        (np.zeros(3), r"Received: float64 of shape \[3\]"),
        (np.zeros([0, 3]), r"Received: float64 of shape \[0, 3\]"),
        (np.array([["a"]]), "one row of numbers for each image"),
    ],
)
def test_file_of_something_else_is_told(tmp_path, content, words):
    np.save(tmp_path / "rows.npy", content)
    with pytest.raises(ValueError, match=words):
        gallery.read_embeddings(tmp_path / "rows.npy")


def test_file_without_embeddings_is_told(tmp_path):
    np.savez(tmp_path / "rows.npz", vectors=np.eye(3))
    with pytest.raises(ValueError, match=r"numpy\.savez\(path, embeddings="):
        gallery.read_embeddings(tmp_path / "rows.npz")


def test_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="which is no file"):
        gallery.read_embeddings(tmp_path / "rows.npz")


def test_file_of_half_precision_is_read_as_single(tmp_path):
    np.save(tmp_path / "rows.npy", np.eye(3, dtype=np.float16))
    rows = gallery.read_embeddings(tmp_path / "rows.npy")
    assert rows.names == ["0", "1", "2"]
    np.testing.assert_array_equal(rows.embeddings, np.eye(3))
    assert rows.embeddings.dtype == np.float32


@pytest.mark.parametrize("name", ["rows.npz", "rows.npy"])
def test_damaged_file_is_told(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ValueError, match="rows"):
        gallery.read_embeddings(tmp_path / name)
