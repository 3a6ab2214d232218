"""Exact nearest neighbours in blocks."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

from dnc_keras.clustering.rows import Rows
from dnc_keras.clustering.rows import Scorer
from dnc_keras.clustering.rows import rows_within

GALLERY_BYTES = 2**25
SCORE_BYTES = 2**26
FOUND_BYTES = 2**24
# Neighbours beyond k that are measured too: rounding may swap the last ones.
NUM_SPARE = 8
MIN_GROUP = 8


def nearest_neighbors(
    queries, gallery, k: int, exclude_self: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The exact k nearest rows of a gallery, by Euclidean distance.

    Works in blocks on TensorFlow in float32: beyond the arguments and the
    results some 200 MB are held, whatever the number of rows.

    Args:
        queries: `[num_queries, dim]` array or tensor.
        gallery: `[num_gallery, dim]` array or tensor.
        k: number of neighbours, at most `num_gallery` (less one with
            `exclude_self`).
        exclude_self: whether row i of the gallery is left out for query i;
            for queries that are the gallery.

    Returns:
        (distances, indices): `[num_queries, k]` float32 and int32 arrays,
        nearest first; of equal distances the lower index comes first.

    Example:

    >>> points = np.array([[0.0], [1.0], [3.0]])
    >>> nearest_neighbors(points, points, k=1, exclude_self=True)[1].ravel()
    array([1, 0, 1], dtype=int32)
    """
    queries, gallery = Rows(queries), Rows(gallery)
    check_search(queries, gallery, k, exclude_self)
    distances = np.empty([queries.num, k], np.float32)
    indices = np.empty([queries.num, k], np.int32)
    depth = min(k + NUM_SPARE, gallery.num - exclude_self)
    for part, found in ranked(queries, gallery, depth, exclude_self):
        measured = _measure(queries.take(part), gallery, found, k)
        distances[part], indices[part] = measured
    return distances, indices


def ranked(queries, gallery, depth, exclude_self):
    """The nearest rows of each query, by distances with float32 rounding.

    Args:
        queries: `Rows`.
        gallery: `Rows`.
        depth: number of neighbours, below the rows of the gallery with
            `exclude_self`.
        exclude_self: whether row i is left out for query i.

    Yields:
        (slice of the queries, `[rows, depth]` int32 array of gallery indices).
    """
    step = rows_within(FOUND_BYTES, max(2 * depth, queries.dim))
    for start in range(0, queries.num, step):
        part = slice(start, min(start + step, queries.num))
        found = _search(queries.take(part), gallery, depth + exclude_self)
        yield part, _drop_own(found, start) if exclude_self else found


def check_search(queries, gallery, k, exclude_self):
    """Raises ValueError if `k` rows of the gallery cannot be found."""
    if queries.dim != gallery.dim:
        raise ValueError(
            "queries and gallery must have the same number of columns. "
            f"Received: {queries.dim} and {gallery.dim}. "
            "Compute both with the same model."
        )
    if exclude_self and queries.num != gallery.num:
        raise ValueError(
            "exclude_self needs queries that are the gallery. Received: "
            f"{queries.num} queries, {gallery.num} gallery rows. "
            "Use exclude_self=False."
        )
    available = gallery.num - exclude_self
    if not 1 <= k <= available:
        raise ValueError(
            f"k must be between 1 and the rows to find, {available}. "
            f"Received: k={k}. Use a smaller k or a larger gallery."
        )


def _search(block, gallery, depth):
    """`[rows, depth]` indices: the best of all blocks of the gallery."""
    scores = tf.zeros([block.shape[0], 0])
    indices = tf.zeros([block.shape[0], 0], tf.int32)
    step = rows_within(GALLERY_BYTES, gallery.dim)
    for start in range(0, gallery.num, step):
        points = gallery.take(slice(start, min(start + step, gallery.num)))
        found = _search_block(block, points, gallery.mean, depth)
        # Earlier blocks come first, so that the lower index wins a tie.
        scores = tf.concat([scores, found[0]], axis=1)
        indices = tf.concat([indices, found[1] + start], axis=1)
        scores, places = tf.math.top_k(scores, min(depth, scores.shape[1]))
        indices = tf.gather(indices, places, batch_dims=1)
    return indices.numpy()


def _search_block(block, points, mean, depth):
    """(scores, indices) of the best points, `[rows, depth]` or all points."""
    depth = min(int(depth), points.shape[0])
    group = math.isqrt(points.shape[0] // depth)
    group = group if group >= MIN_GROUP else 1
    scorer = Scorer(points, mean, multiple=group)
    step = rows_within(SCORE_BYTES, points.shape[0])
    found = [
        _highest(scorer(block[start : start + step]), depth, group)
        for start in range(0, block.shape[0], step)
    ]
    return [tf.concat(parts, axis=0) for parts in zip(*found)]


@tf.function(reduce_retracing=True)
def _highest(scores, depth, group):
    """Largest scores of each row; of equal ones the lower column first.

    The `depth` largest scores lie in the `depth` groups of neighbouring
    columns with the largest maxima, so only those are sorted.
    """
    if group == 1:
        return tf.math.top_k(scores, depth)
    num_rows = tf.shape(scores)[0]
    grouped = tf.reshape(scores, [num_rows, -1, group])
    groups = tf.math.top_k(tf.reduce_max(grouped, axis=2), depth).indices
    groups = tf.sort(groups, axis=1)
    survivors = tf.gather(grouped, groups, batch_dims=1)
    columns = groups[:, :, None] * group + tf.range(group)
    flat = [num_rows, depth * group]
    values, places = tf.math.top_k(tf.reshape(survivors, flat), depth)
    return values, tf.gather(tf.reshape(columns, flat), places, batch_dims=1)


def _drop_own(found, first):
    """Takes the query itself from each row, or the last where it is not."""
    rows = np.arange(first, first + len(found))
    own = found == rows[:, None]
    own[~own.any(axis=1), -1] = True
    return found[~own].reshape(len(found), -1)


def _measure(block, gallery, found, k):
    """(distances, indices) of the k nearest of the rows found."""
    found = np.sort(found, axis=1)
    step = rows_within(FOUND_BYTES, found.shape[1] * gallery.dim)
    parts = [
        _nearest(block[start : start + step], gallery, found[start:][:step], k)
        for start in range(0, len(found), step)
    ]
    return [np.concatenate(part) for part in zip(*parts)]


def _nearest(block, gallery, found, k):
    points = tf.reshape(
        gallery.take(found.ravel()), [*found.shape, gallery.dim]
    )
    squares = tf.math.squared_difference(block[:, None], points)
    negative, places = tf.math.top_k(-tf.reduce_sum(squares, axis=2), k)
    return tf.sqrt(-negative), np.take_along_axis(found, places.numpy(), 1)
