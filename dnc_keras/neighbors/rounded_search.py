"""Exact search by bounds in bfloat16."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras.neighbors.highest_scores import Search
from dnc_keras.neighbors.highest_scores import search_again
from dnc_keras.neighbors.pair_distances import squared_distances
from dnc_keras.neighbors.pair_distances import squared_lengths
from dnc_keras.neighbors.points import Points
from dnc_keras.neighbors.rounded_points import RoundedPoints
from dnc_keras.neighbors.rounded_points import bfloat16_pays
from dnc_keras.neighbors.rounded_points import rounded_points
from dnc_keras.neighbors.survivors import highest
from dnc_keras.neighbors.survivors import kth_score
from dnc_keras.neighbors.survivors import survivors

# Shorter rows do not repay that some scores are computed twice, nor do more
# neighbours. Both were read on one processor and only change the speed.
MIN_DIM, MAX_DEPTH = 64, 64
# A query with more candidates beyond 4 times its neighbours is left to float32.
MAX_CANDIDATES = 128
# A bound is rounded by at most 2**-8 of it: two of them may differ by as much.
ROUNDED_BOUNDS = 2.0**-6


def fastest_search(gallery, depth, num_bytes):
    """The search that is faster here.

    A trial decides where bfloat16 may be faster. It may end otherwise on a busy
    machine, so the scores of both searches are measured alike: the same bits.

    Args:
        gallery: `Rows`.
        depth: number of scores to find, at most the rows of the gallery.
        num_bytes: memory to use for the gallery.

    Returns:
        A function like `Search.__call__`.
    """
    points = Points(gallery, num_bytes)
    search = Search(points, depth)
    many = search.sample is None or search.group == 1
    short = gallery.dim < MIN_DIM or depth > MAX_DEPTH
    may_pay = not (many or short)
    if may_pay and bfloat16_pays():
        return RoundedSearch(points, search)
    points.hold()
    return MeasuredSearch(points, search) if may_pay else search


class MeasuredSearch:
    """A `Search` whose scores are those of a `RoundedSearch`.

    Args:
        points: `Points`.
        search: a `Search` of them.
    """

    def __init__(self, points, search):
        self._gallery = points.gallery
        self._search = search

    def __call__(self, rows):
        """As `Search.__call__`."""
        indices = self._search(rows)[1]
        places = np.repeat(np.arange(len(indices)), self._search.depth)
        scores = _scores(rows, self._gallery, places, indices.ravel())
        scores = tf.reshape(scores, indices.shape)
        return highest(scores, tf.constant(indices), self._search.depth)


class RoundedSearch:
    """Finds what a `MeasuredSearch` finds.

    Points whose bounds exceed the threshold survive; those among them whose
    bounds let them be one of the best are measured in float32. A query is left
    to that search if these are too many, or too few, which is rare.

    Args:
        points: `Points`.
        search: a `Search` of them that expects few survivors.
    """

    def __init__(self, points, search):
        self._points = points
        self._rounded = RoundedPoints(points)
        self._search = search
        self._again = MeasuredSearch(points, search)
        self._sample = rounded_points(search.sample)

    def __call__(self, rows):
        """As `Search.__call__`."""
        scores, indices, missing = self._find(rows)
        search_again(missing, scores, indices, rows, self._again)
        return scores, indices

    def _find(self, rows):
        depth = self._search.depth
        thresholds = self._thresholds(rows)
        columns, margins = self._rounded.queries(rows, thresholds)
        bounds, indices, counts = survivors(
            columns, self._rounded.blocks(), self._search.group
        )
        # As many columns as neighbours, whatever survives.
        wider = [[0, 0], [0, depth]]
        bounds = tf.pad(bounds, wider, constant_values=-np.inf)
        indices = tf.pad(indices, wider)
        places = _candidates(bounds, margins, depth)
        queries, found = places[:, 0].numpy(), tf.gather_nd(indices, places)
        gallery = self._points.gallery
        measured = _scores(rows, gallery, queries, found.numpy())
        scores = tf.fill(bounds.shape, -np.inf)
        scores = tf.tensor_scatter_nd_update(scores, places, measured)
        scores, indices = highest(scores, indices, depth)
        # No other point has a score above the threshold.
        missing = (counts < depth) | (scores[:, -1] <= thresholds.numpy()[:, 0])
        return scores, indices, missing

    def _thresholds(self, rows):
        queries, margins = self._rounded.queries(rows, 0.0)
        rank, group = self._search.rank, self._search.group
        return kth_score(queries, self._sample, rank, group) - margins


def _scores(rows, gallery, places, indices):
    """`[num]` scores of the row in each place and a point, by differences."""
    squares = squared_distances(rows, gallery, places, indices)
    return 0.5 * (squared_lengths(rows, gallery)[places] - squares)


@tf.function(
    input_signature=[
        tf.TensorSpec([None, None]),
        tf.TensorSpec([None, None]),
        tf.TensorSpec([], tf.int32),
    ]
)
def _candidates(bounds, margins, depth):
    """`[num, 2]` places of the survivors that may be among the best."""
    # So many scores are at least the bound in this place less two margins.
    kth = tf.math.top_k(bounds, depth).values[:, -1:]
    least = (1.0 - ROUNDED_BOUNDS) * kth - 2.0 * margins
    may_be = (bounds > 0.0) & (bounds >= least)
    counts = tf.reduce_sum(tf.cast(may_be, tf.int32), axis=1, keepdims=True)
    return tf.where(may_be & (counts <= MAX_CANDIDATES + 4 * depth))
