"""Where the images of a class stand in the ranking of a whole gallery."""

from __future__ import annotations

import numpy as np

from dnc_keras.arrays.memory import rows_within
from dnc_keras.neighbors.points import Points
from dnc_keras.support.progress import track

# Held at a time: points of the gallery, and scores.
GALLERY_BYTES = 2**27
SCORE_BYTES = 2**26
# Above this many images of a class a sort costs less than to count for each.
MAX_COUNTED = 200


def full_ranking_hits(queries, gallery, truth):
    """The ranks of all images that a query should find.

    Counts the images before each of them, which takes a fraction of the time
    of sorting the gallery for each query.

    Args:
        queries: `Rows`.
        gallery: `Rows`, at least one.
        truth: `Truth`.

    Yields:
        (part, (rows, ranks)): a slice of the queries, and the hits of each as
        in `Truth.hits`. Distances are compared with float32 rounding; of equal
        ones the lower index comes first.
    """
    points = Points(gallery, GALLERY_BYTES)
    points.hold()
    step = rows_within(SCORE_BYTES, gallery.num)
    for start in track(range(0, queries.num, step), "search"):
        part = slice(start, min(start + step, queries.num))
        scores = points.scores(queries.take(part))
        yield part, hits_of_scores(part, scores, truth)


def hits_of_scores(part, scores, truth):
    """The ranks of all images that the queries of a part should find.

    Args:
        part: slice of the queries.
        scores: `[rows, num_gallery]` array; the highest has rank 1. That of a
            query itself is minus infinity.
        truth: `Truth`.

    Returns:
        (rows, ranks): the hits as in `Truth.hits`.
    """
    numbers = range(part.start, part.stop)
    images = [truth.others(number) for number in numbers]
    ranks = [ranks_of(*pair) for pair in zip(scores, images)]
    rows = np.repeat(np.arange(len(images)), [len(x) for x in images])
    images, ranks = np.concatenate(images), np.concatenate(ranks)
    order = np.lexsort([ranks, rows])
    return truth.without_ignored(part, rows[order], images[order], ranks[order])


class NearestHits:
    """Finds the rank of the nearest image that a query should find.

    Args:
        rows: `Rows`, each searched among the others.
        truth: their `Truth`.
    """

    def __init__(self, rows, truth):
        self._rows = rows
        self._truth = truth
        self._points = None

    def __call__(self, queries):
        """`[len(queries)]` ranks, of queries that have something to find."""
        if self._points is None:
            self._points = Points(self._rows, GALLERY_BYTES)
            self._points.hold()
        step = rows_within(SCORE_BYTES, self._rows.num)
        parts = range(0, len(queries), step)
        ranks = [self._ranks(queries[start : start + step]) for start in parts]
        return np.concatenate(ranks)

    def _ranks(self, queries):
        scores = self._points.scores(self._rows.take(queries))
        scores[np.arange(len(queries)), queries] = -np.inf
        return [self._rank(*pair) for pair in zip(queries, scores)]

    def _rank(self, query, scores):
        images = self._truth.members(query)
        return _count_from(scores, images[np.argmax(scores[images])])


def ranks_of(scores, images):
    """The ranks, from 1 on, of some images.

    Args:
        scores: `[num_gallery]` array; the highest has rank 1.
        images: integers, whose ranks are asked for.

    Returns:
        An array of integers; of equal scores the lower index comes first.
    """
    if len(images) > MAX_COUNTED:
        ranks = np.empty(len(scores), np.int64)
        ranks[np.argsort(-scores, kind="stable")] = np.arange(len(scores)) + 1
        return ranks[images]
    return np.array([_count_from(scores, i) for i in images], np.int64)


def _count_from(scores, image):
    """How many images have the score of this one or more, itself included."""
    own = scores[image]
    ties = np.count_nonzero(scores[:image] == own)
    return 1 + np.count_nonzero(scores > own) + ties
