"""Query expansion: a query and its neighbours become a better query."""

from __future__ import annotations

from typing import Optional

import numpy as np

from dnc_keras.arrays.memory import rows_within
from dnc_keras.reranking.searched_gallery import SearchedGallery
from dnc_keras.reranking.searched_gallery import check_num_neighbors
from dnc_keras.reranking.unit_vectors import check_unit
from dnc_keras.reranking.unit_vectors import unit
from dnc_keras.support.checks import check_not_negative
from dnc_keras.support.progress import track

NUM_NEIGHBORS = 10
ALPHA = 3.0
_BLOCK_BYTES = 2**24


def average_query_expansion(
    queries, gallery=None, num_neighbors: int = NUM_NEIGHBORS
) -> np.ndarray:
    """The mean of each query and its nearest rows, scaled to length 1.

    Chum et al. 2007, "Total Recall". It helps where the first neighbours are
    mostly right, and harms where they are not.

    Args:
        queries: `[num_queries, dim]` array, rows of length 1.
        gallery: `[num_gallery, dim]` array, rows of length 1. None, the
            default: each query is searched among the others.
        num_neighbors: how many neighbours take part, 10 as a default.

    Returns:
        `[num_queries, dim]` float32 array.

    Raises:
        ValueError: for rows of another length, and where the gallery has
            fewer rows.

    Example:

    >>> average_query_expansion([[1.0, 0.0]], [[0.0, 1.0]], num_neighbors=1)
    array([[0.70710677, 0.70710677]], dtype=float32)
    """
    return expand(queries, _searched(queries, gallery), num_neighbors)


def alpha_query_expansion(
    queries,
    gallery=None,
    num_neighbors: int = NUM_NEIGHBORS,
    alpha: float = ALPHA,
) -> np.ndarray:
    """As the average, but a neighbour counts by its cosine to a power.

    Radenovic et al. 2018, "Fine-tuning CNN Image Retrieval with No Human
    Annotation": the query has weight 1, a neighbour `max(cosine, 0)**alpha`,
    so that far ones count little and their number matters less.

    Args:
        queries: as for `average_query_expansion`.
        gallery: as for `average_query_expansion`.
        num_neighbors: as for `average_query_expansion`.
        alpha: the power, 3 as in the paper; 0 is the average.

    Returns:
        `[num_queries, dim]` float32 array.

    Raises:
        ValueError: as for `average_query_expansion`; for an alpha below 0.
    """
    check_not_negative("alpha", alpha)
    return expand(queries, _searched(queries, gallery), num_neighbors, alpha)


def expand(
    queries,
    gallery: SearchedGallery,
    num_neighbors: int,
    alpha: Optional[float] = None,
) -> np.ndarray:
    """Expands queries by what they find in a gallery.

    Args:
        queries: `[num_queries, dim]` array, rows of length 1.
        gallery: a `SearchedGallery` of such rows.
        num_neighbors: how many neighbours take part.
        alpha: power of the cosine. None, the default: all count the same.
    """
    queries = np.asarray(queries, np.float32)
    check_num_neighbors(num_neighbors, gallery.num_others)
    check_unit(queries, "queries")
    check_unit(gallery.rows, "gallery")
    _, found = gallery.neighbors(queries, num_neighbors)
    expanded = np.empty_like(queries)
    step = rows_within(_BLOCK_BYTES, num_neighbors * gallery.dim)
    starts = range(0, len(queries), step)
    for start in track(starts, "query expansion"):
        part = slice(start, min(start + step, len(queries)))
        rows = queries[part]
        vectors = gallery.vectors(part, found[part])
        weights = _weights(rows, vectors, alpha)
        total = rows + np.einsum("qk,qkd->qd", weights, vectors)
        expanded[part] = unit(total)
    return expanded


def _searched(queries, gallery):
    alone = gallery is None
    return SearchedGallery(queries if alone else gallery, alone)


def _weights(rows, vectors, alpha):
    if alpha is None:
        return np.ones(vectors.shape[:2], np.float32)
    cosines = np.einsum("qd,qkd->qk", rows, vectors)
    return np.maximum(cosines, 0.0) ** np.float32(alpha)
