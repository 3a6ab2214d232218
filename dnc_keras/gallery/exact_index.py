"""Exact search in a gallery that is held, fast for few queries."""

from __future__ import annotations

import numpy as np

from dnc_keras.arrays.rows import Rows
from dnc_keras.arrays.scores import rounding_of
from dnc_keras.neighbors.nearest import NUM_SPARE
from dnc_keras.neighbors.nearest import check_search
from dnc_keras.neighbors.nearest import nearest_neighbors

# Beyond so many queries `nearest_neighbors`, which prepares the gallery anew
# for each call, is faster in all.
FEW_QUERIES = 32
# Queries whose distances to the whole gallery are held at a time.
GROUP = 8
# Of so many rows one is in the sample that tells a bound.
STRIDE = 256


class ExactIndex:
    """Finds exact neighbours, the same as `metrics.nearest_neighbors`.

    The gallery is one float32 tensor and is read once for a query. Use it
    where queries come one by one; `nearest_neighbors` for a single large set.

    Args:
        embeddings: `[num_gallery, embedding_dim]` array or tensor; float32 at
            an address that TensorFlow can read is not copied.

    Example:

    >>> index = ExactIndex(np.array([[0.0], [1.0], [3.0]]))
    >>> index.search([[2.5]], k=2)
    (array([[0.5, 1.5]], dtype=float32), array([[2, 1]], dtype=int32))
    """

    def __init__(self, embeddings):
        self._gallery = Rows(embeddings)
        self._tensor = self._gallery.take(slice(None))
        self._array = np.asarray(self._tensor)  # A view.
        self._squares = np.einsum("ij,ij->i", self._array, self._array)

    def search(self, queries, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest rows of each query.

        Args:
            queries: `[num_queries, embedding_dim]` array or tensor.
            k: number of neighbours, at most the rows of the gallery.

        Returns:
            (distances, indices): `[num_queries, k]` float32 and int32 arrays,
            nearest first; of equal distances the lower index comes first.
        """
        queries = Rows(queries)
        check_search(queries, self._gallery, k, exclude_self=False)
        rows = np.asarray(queries.take(slice(None)))
        if len(rows) > FEW_QUERIES:
            return nearest_neighbors(rows, self._tensor, k)
        parts = [
            self._search_group(rows[start : start + GROUP], k)
            for start in range(0, len(rows), GROUP)
        ]
        if not parts:
            return np.empty([0, k], np.float32), np.empty([0, k], np.int32)
        distances, indices = zip(*parts)
        return np.concatenate(distances), np.concatenate(indices)

    def _search_group(self, queries, k):
        found, limits = self._candidates(queries, k + NUM_SPARE)
        squares = _squared_distances(queries, self._array[found])
        order = np.lexsort([found, squares])[:, :k]
        squares = np.take_along_axis(squares, order, axis=1)
        found = np.take_along_axis(found, order, axis=1)
        distances, indices = np.sqrt(squares), found.astype(np.int32)
        unsure = np.flatnonzero(squares[:, -1] >= limits)
        if unsure.size:
            distances[unsure], indices[unsure] = nearest_neighbors(
                queries[unsure], self._tensor, k
            )
        return distances, indices

    def _candidates(self, queries, depth):
        """(rows, limits): all other rows are at squares of at least a limit."""
        # For one query a matrix-vector product, bound by the memory alone.
        squares = queries @ self._array.T
        squares *= -2.0
        squares += self._squares
        lengths = np.einsum("ij,ij->i", queries, queries)
        if depth >= squares.shape[1]:
            everything = np.arange(squares.shape[1])
            return np.tile(everything, [len(queries), 1]), np.inf
        found = np.stack([_lowest(row, depth) for row in squares])
        largest = np.take_along_axis(squares, found, axis=1).max(axis=1)
        share = rounding_of(queries.shape[1])
        rounding = share * (lengths + self._squares.max())
        return found, largest + lengths - rounding


def _lowest(values, depth):
    """Where the `depth` lowest values are, in any order."""
    # As many values of the sample are at most the bound, so that none of the
    # lowest is lost; to sort what is left takes a tenth of the time.
    sample = values[:: max(1, min(STRIDE, len(values) // depth))]
    bound = np.partition(sample, depth - 1)[depth - 1]
    survivors = np.flatnonzero(values <= bound)
    kept = np.argpartition(values[survivors], depth - 1)[:depth]
    return survivors[kept]


def _squared_distances(queries, points):
    """`[num_queries, num_points]`, by the differences of the rows."""
    return np.sum((points - queries[:, None]) ** 2, axis=2)
