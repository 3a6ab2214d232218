"""Database-side augmentation: rows of a gallery joined by their neighbours."""

from __future__ import annotations

import numpy as np

from dnc_keras.arrays.memory import rows_within
from dnc_keras.neighbors.nearest import nearest_neighbors
from dnc_keras.reranking.searched_gallery import SearchedGallery
from dnc_keras.reranking.searched_gallery import check_num_neighbors
from dnc_keras.reranking.unit_vectors import check_unit
from dnc_keras.reranking.unit_vectors import unit
from dnc_keras.support.progress import track

_BLOCK_BYTES = 2**24
# Neighbours beyond k that are measured too: rounding may swap the last ones.
_NUM_SPARE = 8


def augment_database(gallery, num_neighbors: int = 10) -> np.ndarray:
    """Each row of a gallery, averaged with its nearest others.

    Arandjelovic and Zisserman 2012, with the weights by rank of Gordo et al.
    2017: the row itself counts 1, its neighbour of rank r
    `(num_neighbors + 1 - r) / (num_neighbors + 1)`. The sum is scaled to
    length 1. It is done once for a gallery; searches take no longer.

    Args:
        gallery: `[num_gallery, dim]` array, rows of length 1.
        num_neighbors: how many neighbours take part, 10 as a default.

    Returns:
        `[num_gallery, dim]` float32 array.

    Raises:
        ValueError: for rows of another length, and where there are not so
            many others.

    Example:

    >>> augment_database([[1.0, 0.0], [0.0, 1.0]], num_neighbors=1)
    array([[0.8944272, 0.4472136],
           [0.4472136, 0.8944272]], dtype=float32)
    """
    rows = np.asarray(gallery, np.float32)
    check_num_neighbors(num_neighbors, len(rows) - 1)
    check_unit(rows, "gallery")
    found = nearest_neighbors(rows, rows, num_neighbors, exclude_self=True)[1]
    return _averaged(rows, np.arange(len(rows)), found)


class AugmentedGallery(SearchedGallery):
    """The rows of a gallery, searched each among the augmented others.

    A query must not be found by what was made of it: where it is among the
    neighbours of a row, the next one takes its place for this query. So each
    query meets the gallery as it would be if it were not in it.

    Args:
        rows: `[num, dim]` array, rows of length 1.
        num_neighbors: as for `augment_database`; there must be one more.
    """

    def __init__(self, rows, num_neighbors: int):
        self._plain = np.asarray(rows, np.float32)
        # The query itself is left out, too.
        check_num_neighbors(num_neighbors, len(self._plain) - 2)
        check_unit(self._plain, "gallery")
        self._k = num_neighbors
        self._found = nearest_neighbors(
            self._plain, self._plain, num_neighbors + 1, exclude_self=True
        )[1]
        everything = np.arange(len(self._plain))
        first = self._found[:, :num_neighbors]
        super().__init__(_averaged(self._plain, everything, first), alone=True)
        # The places of each row in the lists of all others.
        self._places = np.argsort(first, axis=None, kind="stable")
        ordered = first.ravel()[self._places]
        self._starts = np.searchsorted(ordered, np.arange(self.num + 1))

    def squares(self, part, queries):
        squares = super().squares(part, queries)
        for rows, targets, vectors in self._changed(part):
            differences = vectors - queries[rows]
            squares[rows, targets] = np.sum(differences**2, axis=1)
        return squares

    def neighbors(self, queries, k):
        self.check(queries, k)
        distances = np.empty([len(queries), k], np.float32)
        found = np.empty([len(queries), k], np.int32)
        parts = list(self.parts(len(queries)))
        for part in track(parts, "nearest neighbors"):
            nearest = self._nearest(part, queries[part], k)
            distances[part], found[part] = nearest
        return distances, found

    def vectors(self, part, found):
        seen = super().vectors(part, found)
        for rows, targets, vectors in self._changed(part):
            pairs, ranks = np.nonzero(found[rows] == targets[:, None])
            seen[rows[pairs], ranks] = vectors[pairs]
        return seen

    def _nearest(self, part, queries, k):
        squares = self.squares(part, queries)
        depth = min(k + _NUM_SPARE, self.num_others)
        found = np.argpartition(squares, depth - 1, axis=1)[:, :depth]
        differences = self.vectors(part, found) - queries[:, None]
        measured = np.sum(differences**2, axis=2)
        order = np.lexsort([found, measured])[:, :k]
        squares = np.take_along_axis(measured, order, axis=1)
        return np.sqrt(squares), np.take_along_axis(found, order, axis=1)

    def _changed(self, part):
        """Yields (queries of the part, rows of the gallery, their vectors)."""
        bounds = self._starts[part.start], self._starts[part.stop]
        step = rows_within(_BLOCK_BYTES, self._k * self.dim)
        for start in range(*bounds, step):
            places = self._places[start : min(start + step, bounds[1])]
            targets, ranks = np.divmod(places, self._k)
            queries = self._found[targets, ranks] - part.start
            kept = np.arange(self._k) + (np.arange(self._k) >= ranks[:, None])
            found = self._found[targets[:, None], kept]
            yield queries, targets, _averaged(self._plain, targets, found)


def _averaged(rows, positions, found):
    """Rows at some positions, joined by those that each of them found."""
    num, k = found.shape
    weights = (np.arange(k, 0, -1) / (k + 1)).astype(np.float32)
    averaged = np.empty([num, rows.shape[1]], np.float32)
    step = rows_within(_BLOCK_BYTES, k * rows.shape[1])
    for start in range(0, num, step):
        part = slice(start, start + step)
        neighbors = np.einsum("k,nkd->nd", weights, rows[found[part]])
        averaged[part] = unit(rows[positions[part]] + neighbors)
    return averaged
