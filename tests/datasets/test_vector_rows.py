"""Rows of vectors that are read in place."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets import VectorRows
from dnc_keras.datasets import vector_rows

_ARRAYS = [
    np.array([[0, 1], [2, 3], [4, 5]], np.float16),
    np.array([[6, 7]], np.float16),
    np.array([[8, 9], [10, 11]], np.float16),
]
_WHOLE = np.concatenate(_ARRAYS).astype(np.float32)


@pytest.mark.parametrize(
    "positions",
    [
        slice(None),
        slice(1, 5),
        slice(2, 2),
        np.array([5, 0, 3, 0]),
        np.array([1, 2, 3]),
        np.array([], np.int64),
    ],
)
@pytest.mark.parametrize("block_bytes", [1, 16, 2**20])
def test_rows_come_in_the_order_asked_for(positions, block_bytes, monkeypatch):
    monkeypatch.setattr(vector_rows, "_BLOCK_BYTES", block_bytes)
    taken = VectorRows.of(_ARRAYS).take(positions)
    assert taken.dtype == np.float32
    np.testing.assert_array_equal(taken, _WHOLE[positions])


def test_rows_are_written_where_asked_for():
    out = np.empty([2, 2], np.float32)
    assert VectorRows.of(_ARRAYS).take(np.array([4, 1]), out=out) is out
    np.testing.assert_array_equal(out, [[8, 9], [2, 3]])


def test_one_row_is_an_array_and_several_share_the_shards():
    vectors = VectorRows.of(_ARRAYS)
    np.testing.assert_array_equal(vectors[4], [8, 9])
    for key in (
        np.array([5, 3]),
        [False, False, False, True, False, True],
        slice(3, None, 2),
    ):
        subset = vectors[key]
        assert subset.shards is vectors.shards
        assert subset.shape == (2, 2)
        np.testing.assert_array_equal(np.sort(subset.rows), [3, 5])


def test_tensors_are_read_one_by_one_and_in_batches():
    vectors = VectorRows.of(_ARRAYS)[np.array([5, 3, 1])]
    singles = tf.data.Dataset.range(3).map(vectors.reader())
    assert singles.element_spec == tf.TensorSpec([2], tf.float32)
    np.testing.assert_array_equal(
        list(singles.as_numpy_iterator()), _WHOLE[[5, 3, 1]]
    )
    batches = tf.data.Dataset.range(3).batch(2).map(vectors.batch_reader())
    assert batches.element_spec == tf.TensorSpec([None, 2], tf.float32)
    np.testing.assert_array_equal(
        next(batches.as_numpy_iterator()), _WHOLE[[5, 3]]
    )


@pytest.mark.parametrize(
    "dtype",
    [
        np.float16,
        np.float32,
        np.float64,
        np.int8,
        ">f2",
        ">f4",
        tf.bfloat16.as_numpy_dtype,
    ],
)
def test_all_types_of_numbers_become_float32(dtype):
    array = np.array([[1, 2], [3, 4], [5, 6]]).astype(dtype)
    vectors = VectorRows.of(array)[np.array([2, 1])]
    taken = vectors.take(np.array([1, 0]))
    assert taken.dtype == np.float32
    np.testing.assert_array_equal(taken, [[3, 4], [5, 6]])
    batch = vectors.batch_reader()(tf.constant([1, 0], tf.int64))
    assert batch.dtype == tf.float32
    np.testing.assert_array_equal(batch, taken)


def test_vectors_that_teach_nothing_are_named(monkeypatch):
    monkeypatch.setattr(vector_rows, "_BLOCK_BYTES", 2 * 4 * 2)
    array = np.array(
        [[1, 2], [0, 0], [np.nan, 1], [1e30, 1], [1e-30, 0], [0, 1e300]]
    )
    assert VectorRows.of(array).find_unreadable() == [
        (1, "it is all zeros"),
        (2, "it has NaN or infinity"),
        (5, "it has NaN or infinity"),
    ]
    index = ImageIndex.from_class_names(
        list("abcdef"), list("xxyyzz"), contents=VectorRows.of(array)
    )
    assert index.find_unreadable()[0] == (1, "b", "it is all zeros")


@pytest.mark.parametrize(
    "arrays, message",
    [
        (np.zeros(3), r"must be an array \[num_vectors, dim\].* shape \[3\]"),
        (np.zeros([2, 0]), r"Received: shape \[2, 0\]"),
        (np.zeros([1, 2, 3]), r"Received: shape \[1, 2, 3\]"),
        (np.array([["a"]]), "must be floats or integers. Received: <U1"),
        (np.array([[None]]), "must be floats or integers. Received: object"),
        (np.array([[1j]]), "must be floats or integers. Received: complex"),
        ([np.ones([1, 2]), np.ones([1, 3])], "one width. Received: 2, 3"),
        ([], "one width. Received: no array"),
    ],
)
def test_other_arrays_are_refused(arrays, message):
    with pytest.raises(ValueError, match=message):
        VectorRows.of(arrays)


def test_an_index_of_vectors_knows_their_width():
    names = list("aabbcc")
    index = ImageIndex.from_class_names(
        list("012345"), names, contents=VectorRows.of(_ARRAYS)
    )
    assert index.feature_dim == 2
    subset = index.subset(np.array([5, 0]))
    assert subset.feature_dim == 2
    np.testing.assert_array_equal(subset.reader()(tf.constant(0)), [10, 11])
    images = ImageIndex.from_class_names(["0.png"], ["a"])
    assert images.feature_dim is None
