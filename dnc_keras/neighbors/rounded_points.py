"""Bounds of scores by bfloat16 products, which newer processors do faster.

A query x and a point p are rounded to x' and p'. As

    x.p = x'.p' + (x - x').p + x'.(p - p'),

their product is off by at most

    |x - x'| |p| + |x'| |p - p'|,

of which the largest |p| and |p - p'| of a gallery make a margin for each query.
A score above a threshold is above it less the margin when it is rounded.
"""

from __future__ import annotations

import functools
import timeit

import tensorflow as tf

from dnc_keras.arrays.scores import rounding_of

# What float32 may round of a margin, besides what it rounds of the products.
SLACK = 1.01
# A bias in the range of bfloat16: this point's score is never above another's.
LOWEST = -3e38
TRIAL_SIZE, NUM_TRIALS = 1024, 7


@functools.cache
def bfloat16_pays() -> bool:
    """Whether its products are faster here and summed up in float32.

    A trial, whose end only changes the speed of a search.
    """
    ones = tf.ones([TRIAL_SIZE, TRIAL_SIZE])
    rounded = tf.cast(ones, tf.bfloat16)
    # Sums in bfloat16 itself stop at 256.
    if tf.reduce_any(tf.matmul(rounded, rounded) != TRIAL_SIZE):
        return False
    return _seconds(rounded) < 0.8 * _seconds(ones)


def _seconds(matrix):
    """The least time of some products."""

    def product():
        return tf.matmul(matrix, matrix)[0, 0].numpy()

    return min(timeit.repeat(product, number=1, repeat=NUM_TRIALS))


class RoundedPoints:
    """`Points` in bfloat16.

    A point has the columns `[p', bias, 1, 1, 1]` and a query
    `[x', 1, 1, 1, bound]`, with bias and bound as the sums of three numbers.

    Args:
        points: `Points`, held in bfloat16 if they fit.
    """

    def __init__(self, points):
        self._points = points
        sizes = [_largest(block) for _, block in points.blocks()]
        self._length, self._error = tf.reduce_max(sizes, axis=0)
        self._held = list(self._read()) if points.fit else None

    def blocks(self):
        """Yields (index of the first, `[points, dim + 6]` tensor)."""
        return self._held or self._read()

    def queries(self, rows, thresholds):
        """(columns, margins): `[rows, dim + 6]` and `[rows, 1]` tensors.

        The products with the columns are at least the scores less the
        thresholds, and at most two margins more.
        """
        queries = self._points.queries(rows, thresholds)
        rounding = rounding_of(self._points.gallery.dim)
        return _rounded_queries(queries, self._length, self._error, rounding)

    def _read(self):
        for start, points in self._points.blocks():
            yield start, rounded_points(points)


_COLUMNS = tf.TensorSpec([None, None])
_NUMBER = tf.TensorSpec([])


@tf.function(input_signature=[_COLUMNS])
def _largest(points):
    """The largest length and error of some points."""
    points = points[:, :-2]
    columns = _lengths(points), _lengths(_errors(points))
    return [tf.reduce_max(column) for column in columns]


@tf.function(input_signature=[_COLUMNS])
def rounded_points(points):
    """`[points, dim + 6]` columns of `RoundedPoints` of those of `Points`."""
    rounded = tf.cast(points[:, :-2], tf.bfloat16)
    bias = _as_three(tf.maximum(points[:, -2:-1], LOWEST))
    return tf.concat([rounded, bias, tf.ones_like(bias)], axis=1)


@tf.function(input_signature=[_COLUMNS, _NUMBER, _NUMBER, _NUMBER])
def _rounded_queries(queries, length, error, rounding):
    rows, thresholds = queries[:, :-2], -queries[:, -1:]
    errors = _errors(rows)
    margins = _lengths(errors) * length + _lengths(rows - errors) * error
    margins = SLACK * margins + rounding * length**2
    bound = _as_three(margins - thresholds)
    rounded = tf.cast(rows, tf.bfloat16)
    return tf.concat([rounded, tf.ones_like(bound), bound], axis=1), margins


def _errors(rows):
    return rows - tf.cast(tf.cast(rows, tf.bfloat16), tf.float32)


def _lengths(rows):
    return tf.norm(rows, axis=1, keepdims=True)


def _as_three(column):
    """`[rows, 3]` bfloat16 tensor, whose sums are a float32 column."""
    parts = []
    for _ in range(3):
        parts.append(tf.cast(column, tf.bfloat16))
        column -= tf.cast(parts[-1], tf.float32)
    return tf.concat(parts, axis=1)
