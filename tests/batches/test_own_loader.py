"""A user's loader is tried before it is trained with."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras.batches.own_loader import check_loader
from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets import VectorRows

_TAKEN = tf.TensorSpec([None, 2])


def _index():
    rows = np.arange(1, 7, dtype=np.float32).reshape(3, 2)
    return ImageIndex.from_class_names(
        list("abc"), list("xxy"), contents=VectorRows.of(rows)
    )


def _raising(row):
    raise KeyError("mine")


def _python(row):
    return tf.ensure_shape(
        tf.numpy_function(lambda x: x[::-1].copy(), [row], tf.float32), [2]
    )


@pytest.mark.parametrize(
    "load",
    [
        lambda row: 2 * row,
        lambda row: tf.cast(row, tf.uint8),
        lambda row, seed: (
            row
            + (0 if seed is None else tf.random.stateless_uniform([2], seed))
        ),
        _python,
    ],
)
def test_what_the_backbone_takes_is_taken(load):
    check_loader(load, "m:f", _index(), _TAKEN)


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (_raising, "KeyError: 'mine'"),
        (lambda row, more: row, "TypeError: .*more"),
        (lambda row: None, "TypeError: it returns None"),
        (lambda row: row[: tf.cast(row[0], tf.int32)], r"\[1\], then .*\[2\]"),
        (lambda row: row[:1], r"float32 of shape \[1\], where .* takes \[2\]"),
        (lambda row: tf.as_string(row), "string of shape"),
        (lambda row: {"x": row}, "a dict of 1"),
        (lambda row: (row, 1), "a tuple of 2"),
        (lambda row: row / 0.0, "NaN or infinity"),
        (lambda row: row + tf.random.uniform([2]), "two results of one"),
    ],
)
def test_anything_else_is_one_line_that_names_the_function(load, message):
    with pytest.raises(ValueError, match=f"{message}.*, from m:f. ") as raised:
        check_loader(load, "m:f", _index(), _TAKEN)
    assert "\n" not in str(raised.value)


def test_of_a_backbone_that_does_not_tell_anything_is_taken():
    check_loader(lambda row: {"x": row}, "m:f", _index(), None)
