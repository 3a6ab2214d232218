"""Vectors in .parquet files."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest

from dnc_keras import datasets
from dnc_keras.datasets import vector_parquet

# One that is too new for this NumPy cannot be imported.
pa = pytest.importorskip("pyarrow", exc_type=ImportError)
parquet = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)

_VECTORS = np.arange(1, 17).reshape(8, 2).astype(np.float16)
_LABELS = list("aabbccdd")
_SPLIT = ["train"] * 4 + ["test"] * 4
_KINDS = {
    "list": lambda item: pa.list_(item),
    "large_list": lambda item: pa.large_list(item),
    "fixed_size_list": lambda item: pa.list_(item, 2),
}


def _lists(vectors=_VECTORS, kind="list", item=None):
    item = item or pa.from_numpy_dtype(np.asarray(vectors).dtype)
    return pa.array(list(vectors), _KINDS[kind](item))


def _write(folder, name="x", row_group_size=3, **columns):
    path = folder / f"{name}.parquet"
    parquet.write_table(pa.table(columns), path, row_group_size=row_group_size)
    return path


def _all(index):
    return index.contents.take(slice(None))


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8"])
def test_lists_of_numbers_keep_their_type(tmp_path, kind, dtype, monkeypatch):
    monkeypatch.setattr(vector_parquet, "_BLOCK_SIZE", 4)
    path = _write(
        tmp_path,
        v=_lists(_VECTORS.astype(dtype), kind),
        label=_LABELS,
        split=pa.array(_SPLIT).dictionary_encode(),
    )
    dataset = datasets.load("vectors", path)
    assert dataset.train.contents.shards[0].dtype == dtype
    np.testing.assert_array_equal(_all(dataset.train), _VECTORS[:4])
    np.testing.assert_array_equal(_all(dataset.test), _VECTORS[4:])
    assert dataset.train.class_names == ("a", "b")
    assert list(dataset.test.paths)[0] == "x.parquet:4"


def test_columns_are_those_of_a_csv_file(tmp_path):
    path = _write(
        tmp_path,
        features=_lists(),
        other=pa.array([[1, 2]] * 8),
        labels=[1, 1, 2, 2, 3, 3, 4, 4],
        split=_SPLIT,
        role=[None] * 4 + ["query", "gallery", "gallery", "query"],
        camera=[7] * 4 + [1, 2, 1, 2],
        id=[f"image{row}" for row in range(8)],
    )
    dataset = datasets.load("vectors", path)
    assert list(dataset.query.paths) == ["image4", "image7"]
    assert dataset.query.class_names == ("3", "4")
    np.testing.assert_array_equal(dataset.query.cameras, [0, 1])
    np.testing.assert_array_equal(_all(dataset.gallery), _VECTORS[[5, 6]])


def test_shards_are_joined_by_name(tmp_path):
    for name, rows in (("b", slice(5, 8)), ("a", slice(0, 5))):
        _write(
            tmp_path,
            name,
            v=_lists(_VECTORS[rows]),
            label=_LABELS[rows],
            split=_SPLIT[rows],
        )
    dataset = datasets.load("vectors", tmp_path)
    np.testing.assert_array_equal(_all(dataset.test), _VECTORS[4:])
    assert list(dataset.test.paths)[:2] == ["a.parquet:4", "b.parquet:0"]


@pytest.mark.parametrize(
    "columns, message",
    [
        ({"x": [1, 2]}, "Received: no column of lists, where one is needed"),
        (
            {"x": [[1], [2]], "y": [[1], [2]]},
            "Received: 'x', 'y' of lists, where one is needed",
        ),
        ({"x": [[1], [2, 3]]}, "Received: lists of '1', '2' numbers"),
        ({"x": [[1.0], None]}, "Received: empty cells, or numbers that are"),
        ({"x": [[1.0], [None]]}, "Received: empty cells, or numbers that are"),
        ({"x": [["a"], ["b"]]}, "must be floats or integers"),
        (
            {"x": [[1], [2]], "label": ["a", None]},
            "Received: 1 empty cells in column label",
        ),
        (
            {"x": [[1], [2]], "label": [0.5, 1.5]},
            "Received: 'float' in column label",
        ),
        ({"x": [[1], [2]]}, "No labels for the vectors of"),
        ({"x": pa.array([], pa.list_(pa.int8()))}, "must be a whole .parquet"),
    ],
)
def test_bad_input_is_refused_in_one_line(tmp_path, columns, message):
    path = _write(tmp_path, **columns)
    with pytest.raises(
        (ValueError, OSError), match=re.escape(message)
    ) as error:
        datasets.load("vectors", path)
    assert "\n" not in str(error.value)


def test_a_cut_file_is_refused(tmp_path):
    path = _write(tmp_path, v=_lists(), label=_LABELS, split=_SPLIT)
    content = path.read_bytes()
    for end in (0, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:end])
        with pytest.raises(ValueError, match="a whole .parquet file"):
            datasets.load("vectors", path)


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("dnc_keras.support.zip_bounds._LEAST", 1000)
    wide = np.zeros([1000, 1000], np.float32)
    path = _write(tmp_path, "x", 1000, v=_lists(wide), label=["a"] * 1000)
    with pytest.raises(ValueError, match="bytes, unpacked, more than"):
        datasets.load("vectors", path)


def test_what_installs_pyarrow_is_named(tmp_path, monkeypatch):
    path = _write(tmp_path, v=_lists(), label=_LABELS)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ValueError, match=r"pip install .dnc-keras\[parquet\]"):
        datasets.load("vectors", path)
