"""The two costly steps of k-means: nearest centroids and their sums."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

from dnc_keras.arrays.memory import rows_within
from dnc_keras.arrays.scores import scores
from dnc_keras.arrays.scores import shifted

# Scores that stay in the cache are searched at little more than the matmul.
SCORE_BYTES = 2**23
# Above this many clusters a sum by one-hot matmul costs more than by segments,
# and the best score is found faster in runs of neighbouring columns.
MAX_FEW = 32
RUN = 32
TILE = 1024


def nearest(offsets, mean):
    """A function that finds the nearest centroid of each row of a block.

    Args:
        offsets: `[num_clusters, dim]` array, the centroids from the mean.
        mean: `[dim]` array, the mean of the rows.

    Returns:
        A function of a `[rows, dim]` tensor that returns `[rows]` int32 ids;
        of centroids equally near the lowest. At most 8 MB of scores are held.
    """
    points, bias = shifted(offsets, mean)
    if len(offsets) <= MAX_FEW:
        return lambda block: _in_parts(_nearest_of_few, block, points, bias)
    tiles, bias = _tiles(points, bias)
    return lambda block: _in_parts(_nearest_of_many, block, tiles, bias)


def _tiles(points, bias):
    """`[tiles, dim, width]` points and `[tiles, width]` bias.

    Points that fill the last tile are never the best: their bias is `-inf`.
    """
    dim, num_points = points.shape
    num_tiles = math.ceil(num_points / TILE)
    width = RUN * math.ceil(num_points / num_tiles / RUN)
    missing = num_tiles * width - num_points
    points = tf.pad(points, [[0, 0], [0, missing]])
    bias = tf.pad(bias, [[0, missing]], constant_values=-np.inf)
    tiles = tf.transpose(tf.reshape(points, [dim, -1, width]), [1, 0, 2])
    return tiles, tf.reshape(bias, [-1, width])


def _in_parts(function, block, points, bias):
    step = rows_within(SCORE_BYTES, bias.shape[-1])
    parts = [
        function(block[start : start + step], points, bias)
        for start in range(0, block.shape[0], step)
    ]
    return np.concatenate(parts)


_MATRIX = tf.TensorSpec([None, None])
_VECTOR = tf.TensorSpec([None])
_IDS = tf.TensorSpec([None], tf.int32)
_NUMBER = tf.TensorSpec([], tf.int32)


@tf.function(input_signature=[_MATRIX, _MATRIX, _VECTOR])
def _nearest_of_few(block, points, bias):
    return tf.argmax(scores(block, points, bias), 1, tf.int32)


@tf.function(
    input_signature=[_MATRIX, tf.TensorSpec([None, None, None]), _MATRIX]
)
def _nearest_of_many(block, tiles, bias):
    nearest = tf.zeros([tf.shape(block)[0]], tf.int32)
    best = tf.fill([tf.shape(block)[0]], -np.inf)
    for tile in tf.range(tf.shape(tiles)[0]):
        found = scores(block, tiles[tile], bias[tile])
        highest, columns = _highest(found)
        columns += tile * tf.shape(bias)[1]
        nearest = tf.where(highest > best, columns, nearest)
        best = tf.maximum(highest, best)
    return nearest


def _highest(scores):
    """(score, column) of the highest score of each row, the first of equals.

    A maximum of neighbours is vectorised, tf.argmax is not: it takes three
    times as long.
    """
    runs = tf.reshape(scores, [tf.shape(scores)[0], -1, RUN])
    run = tf.argmax(tf.reduce_max(runs, axis=2), 1, tf.int32)
    inside = tf.gather(runs, run, batch_dims=1)
    column = RUN * run + tf.argmax(inside, 1, tf.int32)
    return tf.reduce_max(inside, axis=1), column


def change_of_sums(block, old, new, num_clusters):
    """What rows that move from cluster to cluster change of the sums.

    Args:
        block: `[rows, dim]` tensor.
        old: `[rows]` int32 array, the clusters that lose the rows; -1 for
            none.
        new: `[rows]` int32 array, the clusters that take them.
        num_clusters: number of clusters.

    Returns:
        `[num_clusters, dim]` tensor.
    """
    few = num_clusters <= MAX_FEW
    change = _change_of_few if few else _change_of_many
    return change(block, old, new, tf.constant(num_clusters))


@tf.function(input_signature=[_MATRIX, _IDS, _IDS, _NUMBER])
def _change_of_few(block, old, new, num_clusters):
    signs = tf.one_hot(new, num_clusters) - tf.one_hot(old, num_clusters)
    return tf.matmul(signs, block, transpose_a=True)


@tf.function(input_signature=[_MATRIX, _IDS, _IDS, _NUMBER])
def _change_of_many(block, old, new, num_clusters):
    # Negative ids, of rows without a cluster, are left out by the sums.
    return tf.math.unsorted_segment_sum(
        tf.concat([block, -block], 0), tf.concat([new, old], 0), num_clusters
    )
