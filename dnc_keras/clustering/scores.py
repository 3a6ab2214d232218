"""Which of some points is nearest to a row, by one matmul."""

from __future__ import annotations

import tensorflow as tf

# Rows of one matmul: long ones stay in the cache while they are brought into
# the order that the matmul reads; all at once take up to twice as long.
GROUP = 256
MIN_DIM = 256


def shifted(offsets, mean):
    """(points, bias) for `scores`, of points given from the mean of the rows.

    `score = -0.5 * |x - p|**2 + 0.5 * |x - mean|**2`, one matmul and a bias:
    points are measured from the mean of the rows, which loses less precision
    far from the origin, and the rows are used as they are.
    """
    points = tf.convert_to_tensor(offsets)
    lengths = tf.reduce_sum(points**2, axis=1)
    bias = -tf.linalg.matvec(points, mean) - 0.5 * lengths
    return tf.transpose(points), bias


def scores(block, points, bias):
    """`[rows, num_points]` scores: the nearest point of a row has the highest.

    Args:
        block: `[rows, dim]` tensor.
        points: `[dim, num_points]` tensor of `shifted`.
        bias: `[num_points]` tensor of `shifted`.
    """
    if tf.shape(points)[0] < MIN_DIM:
        return scores_at_once(block, points, bias)
    return _scores_in_groups(block, points, bias)


_SIGNATURE = [
    tf.TensorSpec([None, None]),
    tf.TensorSpec([None, None]),
    tf.TensorSpec([None]),
]


@tf.function(input_signature=_SIGNATURE)
def scores_at_once(block, points, bias):
    """`scores` by a single matmul, the best for many or short points."""
    return tf.nn.bias_add(tf.matmul(block, points), bias)


@tf.function(input_signature=_SIGNATURE)
def _scores_in_groups(block, points, bias):
    num_rows, dim = tf.unstack(tf.shape(block))
    num_grouped = num_rows - num_rows % GROUP
    groups = tf.reshape(block[:num_grouped], [-1, GROUP, dim])
    products = tf.reshape(
        tf.matmul(groups, points), [num_grouped, tf.shape(points)[1]]
    )
    rest = tf.matmul(block[num_grouped:], points)
    return tf.nn.bias_add(tf.concat([products, rest], 0), bias)
