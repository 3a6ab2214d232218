"""The clusters of k-means while it runs."""

from __future__ import annotations

import numpy as np

from dnc_keras.arrays.memory import rows_within
from dnc_keras.clustering.assigner import change_of_sums
from dnc_keras.clustering.assigner import nearest

# The rows that move are summed in blocks.
BLOCK_BYTES = 2**23


class Clusters:
    """The cluster of each row, and the sum of the rows of each cluster.

    With several workers the assignment is that of the own rows; the sums are
    those of all. They are kept in float64 and changed by the rows that move.
    """

    def __init__(self, rows, num_clusters):
        self._rows = rows
        self._workers = rows.workers
        self.assignment = np.full(rows.num, -1, np.int32)
        self.sums = np.zeros([num_clusters, rows.dim])
        self.refilled = np.zeros(0, int)

    def assign(self, offsets):
        """Moves each row to its nearest centroid; returns whether any moved.

        Args:
            offsets: `[num_clusters, dim]` array, the centroids from the mean.
        """
        before = self.assignment.copy()
        find = nearest(offsets, self._rows.mean)
        for part, view in self._rows.views():
            self.assignment[part] = find(view)
        self._move(before)
        self.refilled = self._refill(offsets)
        moved = np.count_nonzero(self.assignment != before)
        return bool(self._workers.total(moved))

    def _move(self, before):
        """Changes the sums by the rows that moved: few, after the first."""
        moved = np.flatnonzero(self.assignment != before)
        step = rows_within(BLOCK_BYTES, self._rows.dim)
        change = np.zeros_like(self.sums)
        for start in range(0, len(moved), step):
            some = _as_slice(moved[start : start + step])
            change += change_of_sums(
                self._rows.take(some),
                before[some],
                self.assignment[some],
                len(self.sums),
            ).numpy()
        self.sums += self._workers.total(change)

    def means(self, offsets):
        """The means from the mean; those of empty clusters stay."""
        counts = self._counts()[:, None]
        means = self.sums / np.maximum(counts, 1) - self._rows.mean
        return np.where(counts > 0, means, offsets).astype(np.float32)

    def _counts(self):
        counts = np.bincount(self.assignment, minlength=len(self.sums))
        return self._workers.total(counts)

    def _refill(self, offsets):
        """Moves the farthest rows into the empty clusters."""
        counts = self._counts()
        empty = np.flatnonzero(counts == 0)
        if not empty.size:
            return empty
        moved = self._farthest(offsets, counts, len(empty))
        points = self._rows.pick(moved).numpy()
        refilled = empty[: len(moved)]
        everywhere = self._workers.gather(self.assignment)
        np.subtract.at(self.sums, everywhere[moved], points)
        self.sums[refilled] = points
        everywhere[moved] = refilled
        self.assignment[:] = everywhere[self._rows.own]
        return refilled

    def _farthest(self, offsets, counts, limit):
        """Up to `limit` rows, each from a cluster that keeps another one.

        Positions among the rows of all workers.
        """
        distances = self._workers.gather(
            self._rows.distances_to_own(
                offsets + self._rows.mean, self.assignment
            )
        )
        assignment = self._workers.gather(self.assignment)
        rounding = self._rows.rounding
        moved = []
        for row in np.argsort(-distances, kind="stable"):
            if len(moved) == limit or distances[row] <= rounding:
                break
            if counts[assignment[row]] > 1:
                counts[assignment[row]] -= 1
                moved.append(row)
        return np.array(moved, np.int64)


def _as_slice(positions):
    """A slice where the positions have no gaps: it takes no copy."""
    first, last = positions[[0, -1]]
    if last - first + 1 == len(positions):
        return slice(first, last + 1)
    return positions
