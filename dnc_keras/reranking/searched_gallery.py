"""A gallery as queries see it: distances, neighbours and vectors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dnc_keras.arrays.memory import rows_within
from dnc_keras.arrays.rows import Rows
from dnc_keras.neighbors.nearest import check_search
from dnc_keras.neighbors.nearest import nearest_neighbors
from dnc_keras.neighbors.pair_distances import squared_lengths
from dnc_keras.neighbors.points import Points
from dnc_keras.support.checks import check_count

# Held at a time: points of the gallery, and a block of distances to all of it.
GALLERY_BYTES = 2**27
BLOCK_BYTES = 2**25


class SearchedGallery:
    """Rows that are searched, whole or each among the others.

    Args:
        rows: `[num, dim]` array or tensor.
        alone: whether the queries are the rows themselves: query i is never
            a neighbour of its own. False, the default: queries are apart.
    """

    def __init__(self, rows, alone: bool = False):
        self.rows = np.asarray(rows, np.float32)
        self.alone = alone
        self.num, self.dim = self.rows.shape
        self._points = Points(Rows(self.rows), GALLERY_BYTES)
        self._points.hold()

    @property
    def num_others(self) -> int:
        """How many a query can find."""
        return self.num - self.alone

    def parts(self, num_queries: int) -> Iterator[slice]:
        """Slices of the queries, whose distances are held at a time."""
        # Distances and what is made of them.
        step = rows_within(BLOCK_BYTES, 2 * self.num)
        for start in range(0, num_queries, step):
            yield slice(start, min(start + step, num_queries))

    def squares(self, part: slice, queries) -> np.ndarray:
        """`[rows, num]` squared distances; that to itself is infinite.

        Args:
            part: which of all queries they are.
            queries: `[rows, dim]` float32 array.
        """
        gallery = self._points.gallery
        block = Rows(queries).take(slice(None))
        lengths = squared_lengths(block, gallery)[:, None]
        squares = np.maximum(lengths - 2.0 * self._points.scores(block), 0.0)
        if self.alone:
            squares[np.arange(len(squares)), _numbers(part)] = np.inf
        return squares

    def neighbors(self, queries, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest of each query, as of `metrics.nearest_neighbors`."""
        return nearest_neighbors(queries, self.rows, k, self.alone)

    def vectors(self, part: slice, found) -> np.ndarray:
        """`[rows, k, dim]` vectors of what the queries of a part found."""
        return self.rows[found]

    def check(self, queries, k: int):
        """Raises ValueError where k rows cannot be found."""
        check_search(Rows(queries), self._points.gallery, k, self.alone)


def check_num_neighbors(num_neighbors: int, num_others: int):
    """Raises ValueError unless so many neighbours can take part."""
    check_count("num_neighbors", num_neighbors)
    if num_neighbors > num_others:
        raise ValueError(
            "num_neighbors must be at most the others in the gallery, "
            f"{num_others:,}. Received: {num_neighbors:,}. Use fewer, or a "
            "larger gallery."
        )


def _numbers(part):
    return np.arange(part.start, part.stop)
