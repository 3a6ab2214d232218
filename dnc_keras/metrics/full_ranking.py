"""Where the images of a class stand in the ranking of a whole gallery."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras.clustering.rows import rows_within
from dnc_keras.progress import track

GALLERY_BYTES = 2**23
SCORE_BYTES = 2**24
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
    step = rows_within(SCORE_BYTES, gallery.num)
    for start in track(range(0, queries.num, step), "search"):
        part = slice(start, min(start + step, queries.num))
        scores = _scores(queries.take(part), gallery)
        images = [truth.members(row) for row in range(start, part.stop)]
        ranks = [ranks_of(*pair) for pair in zip(scores, images)]
        rows = np.repeat(np.arange(len(images)), [len(x) for x in images])
        images, ranks = np.concatenate(images), np.concatenate(ranks)
        order = np.lexsort([ranks, rows])
        hits = truth.without_ignored(part, rows, images[order], ranks[order])
        yield part, hits


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


def _scores(block, gallery):
    """`[rows, num_gallery]` array: the nearer, the higher.

    `-0.5 * |x - p|**2 + 0.5 * |x - mean|**2`, measured from the mean of the
    gallery, which loses less precision far from the origin.
    """
    block = block - gallery.mean
    scores = np.empty([block.shape[0], gallery.num], np.float32)
    step = rows_within(GALLERY_BYTES, gallery.dim)
    for start in range(0, gallery.num, step):
        part = slice(start, min(start + step, gallery.num))
        points = gallery.take(part) - gallery.mean
        lengths = tf.reduce_sum(points**2, axis=1)
        products = tf.matmul(block, points, transpose_b=True)
        np.subtract(products, 0.5 * lengths, out=scores[:, part])
    return scores
