"""Retrieval metrics of distances that are not those of embeddings."""

from __future__ import annotations

import numpy as np

from dnc_keras.metrics.arguments import check_ks
from dnc_keras.metrics.full_ranking import hits_of_scores
from dnc_keras.metrics.query_matches import matches_of
from dnc_keras.metrics.query_matches import truth_of
from dnc_keras.metrics.retrieval import values_of_hits


def distance_values(
    blocks,
    labels,
    ks=(1, 2, 4, 8),
    gallery_labels=None,
    query_cameras=None,
    gallery_cameras=None,
) -> dict[str, np.ndarray]:
    """The metrics of each query, from its distances to the gallery.

    For distances that were changed after a search, as by re-ranking.

    Args:
        blocks: an iterable of (slice of the queries, `[rows, num_gallery]`
            distances), from the first query to the last, such as
            `reranking.RerankedSearch.blocks`. Without a gallery the distance
            of a query to itself is infinite.
        labels: as for `retrieval_metrics`.
        ks: as for `retrieval_metrics`.
        gallery_labels: as for `retrieval_metrics`.
        query_cameras: as for `retrieval_metrics`.
        gallery_cameras: as for `retrieval_metrics`.

    Returns:
        As `retrieval_values`.

    Raises:
        ValueError: for NaN, and arrays that do not match; where no query has
            an image to find.

    Example:

    >>> far = np.inf
    >>> rows = np.array([[far, 1.0, 3.0], [1.0, far, 2.0], [3.0, 2.0, far]])
    >>> values = distance_values([(slice(0, 3), rows)], [5, 5, 6])
    >>> values["recall_at_1"]
    array([ 1.,  1., nan])
    """
    check_ks(ks)
    truth = truth_of(labels, gallery_labels, query_cameras, gallery_cameras)
    matches_of(truth).check()
    num_gallery = len(labels if gallery_labels is None else gallery_labels)
    checked = _checked(blocks, len(labels), num_gallery)
    hits = ((p, hits_of_scores(p, -rows, truth)) for p, rows in checked)
    return values_of_hits(hits, truth, ks)


def _checked(blocks, num_queries, num_gallery):
    """Yields the blocks, if they are of all queries and of the gallery."""
    stop = 0
    for part, distances in blocks:
        expected = (part.stop - part.start, num_gallery)
        if part.start != stop or np.shape(distances) != expected:
            raise ValueError(
                "Distances must follow each other, a row for each query. "
                f"Received: shape {list(np.shape(distances))} for queries "
                f"{part.start} to {part.stop} after {stop}, and "
                f"{num_gallery} labels of the gallery."
            )
        if np.isnan(distances).any():
            raise ValueError(
                "Distances must be numbers. Received: NaN for queries "
                f"{part.start} to {part.stop}."
            )
        stop = part.stop
        yield part, distances
    if stop != num_queries:
        raise ValueError(
            "Distances must be of all queries. Received: those of "
            f"{stop}, and {num_queries} labels."
        )
