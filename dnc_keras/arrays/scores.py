"""Which of some points is nearest to a row, by one matmul."""

from __future__ import annotations

import tensorflow as tf

# Half of the distance from 1.0 to the next float32.
_UNIT = 2.0**-24
# Read on one processor. It decides the speed of a product; only its rounding
# differs.
LONG_ROW = 512


def rounding_of(dim: int) -> float:
    """How far float32 products may be off, in any order of their sums.

    Errors of `dim` roundings cancel each other: their sum grows as `sqrt(dim)`
    (Higham and Mary, "A new approach to probabilistic rounding error analysis",
    2019). Of few products, what is done to them before and after counts more.

    Returns:
        A share of the squared lengths of both rows, far above what processors
        do: 9 of the 16 units were seen, of 8 to 2,048 columns, normal, skewed,
        of length 1 or far from the origin.
    """
    return max(16.0, dim**0.5) * _UNIT


def shifted(offsets, mean):
    """(points, bias) for `scores`, of points given from the mean of the rows.

    `score = -0.5 * |x - p|**2 + 0.5 * |x - mean|**2`, one matmul and a bias:
    points are measured from the mean of the rows, which loses less precision
    far from the origin, and the rows are used as they are.
    """
    points = tf.convert_to_tensor(offsets)
    # Exact where the squares are, which `points**2` is not on TensorFlow 2.21.
    lengths = tf.reduce_sum(tf.square(points), axis=1)
    bias = -tf.linalg.matvec(points, mean) - 0.5 * lengths
    return tf.transpose(points), bias


_SIGNATURE = [
    tf.TensorSpec([None, None]),
    tf.TensorSpec([None, None]),
    tf.TensorSpec([None]),
]


@tf.function(input_signature=_SIGNATURE)
def scores(block, points, bias):
    """`[rows, num_points]` scores: the nearest point of a row has the highest.

    Args:
        block: `[rows, dim]` tensor.
        points: `[dim, num_points]` tensor of `shifted`.
        bias: `[num_points]` tensor of `shifted`.
    """
    return tf.nn.bias_add(_product(block, points), bias)


def _product(block, points):
    # As a batch of one the product of long rows takes two thirds of the time,
    # that of short ones a tenth more.
    return tf.cond(
        tf.shape(block)[1] >= LONG_ROW,
        lambda: tf.matmul(block[None], points[None])[0],
        lambda: tf.matmul(block, points),
    )
