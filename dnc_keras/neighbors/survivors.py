"""The points whose scores exceed a threshold, without sorting all scores."""

from __future__ import annotations

import functools

import numpy as np
import tensorflow as tf


def kth_score(queries, points, k, group):
    """The k-th highest score of each query, or somewhat less.

    Args:
        queries: `[rows, columns]` tensor.
        points: `[points, columns]` tensor.
        k: the place among the points.
        group: number of neighbouring points of which only the best one
            counts, which saves time.

    Returns:
        `[rows, 1]` float32 tensor.
    """
    search = _traced_once(_kth_score, queries.dtype, group)
    return search(queries, points, tf.constant(k))


@functools.cache
def _traced_once(function, dtype, group):
    """A graph for matrices of a type, of any shape, and a number."""
    matrix = tf.TensorSpec([None, None], dtype)
    number = tf.TensorSpec([], tf.int32)
    return tf.function(
        functools.partial(function, group=group),
        input_signature=[matrix, matrix, number],
    )


def _kth_score(queries, points, k, group):
    scores = tf.matmul(queries, points, transpose_b=True)
    scores = tf.cast(scores, tf.float32)
    if group > 1:
        scores = tf.reshape(scores, [tf.shape(scores)[0], -1, group])
        scores = tf.reduce_max(scores, axis=2)
    return tf.math.top_k(scores, k).values[:, -1:]


def survivors(queries, blocks, group):
    """The scores above 0.

    Args:
        queries: `[rows, columns]` tensor.
        blocks: (index of the first, `[points, columns]` tensor) of blocks of
            points, all float32 or all bfloat16 like the queries.
        group: number of neighbouring points that are looked at only if their
            maximum survives; the points of each block are a multiple.

    Returns:
        (scores, indices, counts): `[rows, columns]` tensors, filled up with
        scores of -inf, and `[rows]` integers. In each block a query with
        survivors in more than half of the groups has none and a count far
        below 0, which bounds the memory.
    """
    search = _traced_once(_survivors, queries.dtype, group)
    scores, indices, counts = zip(
        *(search(queries, block, start) for start, block in blocks)
    )
    scores, indices = tf.concat(scores, axis=1), tf.concat(indices, axis=1)
    return scores, indices, tf.add_n(counts).numpy()


def _survivors(queries, points, start, group):
    scores = tf.matmul(queries, points, transpose_b=True)
    few, rows, columns, scores = _above_zero(scores, group)
    num_rows = tf.cast(tf.shape(queries)[0], tf.int64)
    scores = tf.RaggedTensor.from_value_rowids(
        scores, rows, num_rows, validate=False
    )
    indices = scores.with_values(tf.cast(columns, tf.int32) + start)
    counts = tf.where(few, scores.row_lengths(), -(2**40))
    return scores.to_tensor(-np.inf), indices.to_tensor(0), counts


def _above_zero(scores, group):
    # Numbers above 0 are in the order of their bits, and the maximum of
    # bfloat16 takes four times that of integers.
    dtype = scores.dtype
    if dtype == tf.bfloat16:
        scores = tf.bitcast(scores, tf.int16)
    grouped = scores
    if group > 1:
        grouped = tf.reshape(scores, [tf.shape(scores)[0], -1, group])
        scores = tf.reduce_max(grouped, axis=2)
    above = scores > 0
    few = tf.reduce_mean(tf.cast(above, tf.float32), axis=1) <= 0.5
    places = tf.where(above & few[:, None])
    values = tf.gather_nd(grouped, places)
    rows, columns = places[:, 0], places[:, 1]
    if group > 1:
        inside = tf.where(values > 0)
        values = tf.gather_nd(values, inside)
        rows = tf.gather(rows, inside[:, 0])
        columns = tf.gather(columns, inside[:, 0]) * group + inside[:, 1]
    return few, rows, columns, tf.cast(tf.bitcast(values, dtype), tf.float32)


def highest(scores, indices, depth):
    """The highest of `[rows, columns]` tensors, or all, as arrays.

    Returns:
        (scores, indices): `[rows, at most depth]` float32 and int32 arrays,
        highest score first; of equal scores the lower index comes first.
    """
    depth = min(depth, scores.shape[1])
    if 3 * depth > scores.shape[1]:
        return [part[:, :depth] for part in _sorted(scores, indices)]
    scores, places = tf.math.top_k(scores, depth)
    return scores.numpy(), tf.gather(indices, places, batch_dims=1).numpy()


def _sorted(scores, indices):
    """All scores, highest first, and their indices.

    TensorFlow sorts places by looking scores up. NumPy sorts integers that
    hold score and index in 1/4 (before NumPy 2 in 3/4) of the time.
    """
    # Adding 0.0 makes -0.0 equal to 0.0.
    bits = (scores + 0.0).numpy().view(np.int32)
    # The integers of negative floats have the reverse order.
    descending = ~np.where(bits < 0, bits ^ np.int32(2**31 - 1), bits)
    keys = descending.astype(np.int64) << 32
    keys |= indices.numpy()
    keys.sort(axis=1)
    bits = ~(keys >> 32).astype(np.int32)
    bits = np.where(bits < 0, bits ^ np.int32(2**31 - 1), bits)
    return bits.view(np.float32), keys.astype(np.int32)
