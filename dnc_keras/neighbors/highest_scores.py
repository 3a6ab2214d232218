"""The nearest of many points by score, without sorting all scores."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

from dnc_keras.neighbors.points import GROUP
from dnc_keras.neighbors.survivors import highest
from dnc_keras.neighbors.survivors import kth_score
from dnc_keras.neighbors.survivors import survivors

# Below this many points, sorting all is no slower.
MIN_POINTS = 8192
SAMPLE_SHARE = 1 / 16
MAX_SAMPLE = 4096


class Search:
    """Finds the `depth` highest scores of each query.

    The scores of a sample of the points tell a threshold for each query that
    somewhat more than `depth` points should exceed, and only these are sorted.
    Counting them tells whether they were enough, which keeps the result exact:
    the few queries with too few are searched again, with all scores sorted.

    Args:
        points: `Points`.
        depth: number of scores to find, at most `points.num`.

    Attributes:
        depth: as given.
        sample: some of the points, or None where all scores are sorted.
        rank: the place in the sample of a query's threshold.
        group: number of neighbouring points that are looked at together.
    """

    def __init__(self, points, depth):
        self._points = points
        self.depth = int(depth)
        num = int(min(points.num * SAMPLE_SHARE, MAX_SAMPLE))
        expected = depth * num / points.num
        # Random points exceed three standard deviations once in 1,000 times.
        self.rank = math.ceil(expected + 3.0 * math.sqrt(expected) + 3.0)
        self.sample = None
        if points.num >= MIN_POINTS and 8 * self.rank <= num:
            self.sample = points.sample(num)
        # Groups save time where less than about a third has a survivor.
        self.group = GROUP if 100 * self.rank < num else 1

    def __call__(self, rows):
        """(scores, indices) of the nearest points.

        Args:
            rows: `[rows, dim]` tensor.

        Returns:
            `[rows, depth]` float32 and int32 arrays, highest score first; of
            equal scores the lower index comes first.
        """
        if self.sample is None:
            return self._sort_all(rows)
        scores, indices, missing = self._sort_survivors(rows)
        if missing.all():
            return self._sort_all(rows)
        search_again(missing, scores, indices, rows, self._sort_all)
        return scores, indices

    def _sort_survivors(self, rows):
        queries = self._points.queries(rows, 0.0)
        thresholds = kth_score(queries, self.sample, self.rank, self.group)
        queries = self._points.queries(rows, thresholds)
        scores, indices, counts = survivors(
            queries, self._points.blocks(), self.group
        )
        scores, indices = highest(scores, indices, self.depth)
        return scores + thresholds.numpy(), indices, counts < self.depth

    def _sort_all(self, rows):
        queries = self._points.queries(rows, 0.0)
        scores = tf.zeros([rows.shape[0], 0])
        indices = tf.zeros([rows.shape[0], 0], tf.int32)
        for start, points in self._points.blocks():
            new = tf.matmul(queries, points, transpose_b=True)
            columns = start + tf.range(new.shape[1])
            columns = tf.broadcast_to(columns, new.shape)
            # Earlier blocks come first, so that the lower index wins a tie.
            scores, indices = highest(
                tf.concat([scores, new], axis=1),
                tf.concat([indices, columns], axis=1),
                self.depth,
            )
        return scores, indices


def search_again(missing, scores, indices, rows, search):
    """Puts what another search finds in the place of what is missing."""
    again = np.flatnonzero(missing)
    if again.size:
        scores[again], indices[again] = search(tf.gather(rows, again))
