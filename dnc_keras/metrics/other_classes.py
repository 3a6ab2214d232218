"""The nearest image of another class."""

from __future__ import annotations

import numpy as np

from dnc_keras.arrays.memory import rows_within
from dnc_keras.arrays.rows import Rows
from dnc_keras.metrics.full_ranking import GALLERY_BYTES
from dnc_keras.metrics.full_ranking import SCORE_BYTES
from dnc_keras.metrics.query_matches import truth_of
from dnc_keras.neighbors.nearest import check_search
from dnc_keras.neighbors.pair_distances import squared_distances
from dnc_keras.neighbors.points import Points
from dnc_keras.support.progress import track


def nearest_others(
    embeddings, labels, gallery_embeddings=None, gallery_labels=None
) -> tuple[np.ndarray, np.ndarray]:
    """The nearest image of another class, for each query.

    It is what a query is mistaken for, or would be next.

    Args:
        embeddings: `[num_queries, dim]` array or tensor.
        labels: `[num_queries]` array of any type, the class of each row.
        gallery_embeddings: `[num_gallery, dim]` array or tensor. None, the
            default: each row is searched for among the others.
        gallery_labels: `[num_gallery]` array.

    Returns:
        (distances, indices): `[num_queries]` float32 and int64 arrays; of
        equal distances the lower index. NaN and -1 where the gallery has no
        other class.

    Raises:
        ValueError: for NaN or infinity, or arrays that do not match.

    Example:

    >>> nearest_others([[0.0], [1.0], [9.0]], [5, 5, 6])
    (array([9., 8., 8.], dtype=float32), array([2, 2, 1]))
    """
    queries = Rows(embeddings)
    alone = gallery_embeddings is None
    gallery = queries if alone else Rows(gallery_embeddings)
    truth = truth_of(labels, None if alone else gallery_labels, None, None)
    check_search(queries, gallery, 1, False)
    points = Points(gallery, GALLERY_BYTES)
    points.hold()
    distances = np.full(queries.num, np.nan, np.float32)
    indices = np.full(queries.num, -1, np.int64)
    step = rows_within(SCORE_BYTES, gallery.num)
    for start in track(range(0, queries.num, step), "nearest other classes"):
        part = slice(start, min(start + step, queries.num))
        rows = queries.take(part)
        found, is_found = _nearest(points.scores(rows), part.start, truth)
        places = np.flatnonzero(is_found)
        squares = squared_distances(rows, gallery, places, found[places])
        distances[part.start + places] = np.sqrt(squares)
        indices[part.start + places] = found[places]
    return distances, indices


def _nearest(scores, start, truth):
    """The best of each row's scores that is not of the class, if any is."""
    for row, each in enumerate(scores):
        each[truth.members(start + row)] = -np.inf
    found = np.argmax(scores, axis=1)
    return found, scores[np.arange(len(scores)), found] > -np.inf
