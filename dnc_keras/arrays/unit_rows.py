"""Features scaled to length 1, in place or as they are read."""

from __future__ import annotations

import functools

import numpy as np

from dnc_keras.arrays.memory import aligned_empty
from dnc_keras.arrays.memory import rows_within
from dnc_keras.arrays.stored_rows import StoredRows

# What stays in the cache of a processor while it is read, measured and scaled.
_PART_BYTES = 2**18
_SHORTEST = 1e-12


def scale_to_unit(features: np.ndarray) -> np.ndarray:
    """Scales rows to length 1, in place, and returns them.

    Args:
        features: `[num_rows, dim]` float32 array.
    """
    for part in _parts(len(features), features.shape[1]):
        features[part] /= _lengths(features[part])
    return features


class UnitRows(StoredRows):
    """Rows of length 1, of rows that stay where they are and as they are.

    What is read has the bits that `scale_to_unit` gives. The lengths are kept,
    four bytes for a row; they are found by reading all rows once.

    Args:
        stored: `StoredRows`.
    """

    def __init__(self, stored: StoredRows):
        self._stored = stored

    @property
    def shape(self) -> tuple:
        return self._stored.shape

    def take(self, positions, out=None) -> np.ndarray:
        num_rows, dim = self.shape
        if isinstance(positions, slice):
            positions = range(num_rows)[positions]
        if out is None:
            out = aligned_empty([len(positions), dim])
        for part in _parts(len(positions), dim):
            some = _as_key(positions[part])
            rows = self._stored.take(some, out[part])
            rows /= self._row_lengths[some]
        return out

    @functools.cached_property
    def _row_lengths(self):
        num_rows, dim = self.shape
        lengths = np.empty([num_rows, 1], np.float32)
        for part in _parts(num_rows, dim):
            lengths[part] = _lengths(self._stored.take(part))
        return lengths


def _parts(num_rows, dim):
    """Slices of all rows, the last one shorter."""
    step = rows_within(_PART_BYTES, dim)
    for start in range(0, num_rows, step):
        yield slice(start, min(start + step, num_rows))


def _as_key(positions):
    if isinstance(positions, range):
        return slice(positions.start, positions.stop, positions.step)
    return positions


def _lengths(rows):
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.maximum(lengths, _SHORTEST)
