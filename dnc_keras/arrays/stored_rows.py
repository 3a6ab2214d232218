"""Rows of features that stay where they are until they are read."""

from __future__ import annotations

import abc

import numpy as np


class StoredRows(abc.ABC):
    """Rows of features in files or large arrays, read some at a time.

    What reads features in blocks, such as `clustering.kmeans`, takes it like
    an array, and never holds all of its rows.
    """

    @property
    @abc.abstractmethod
    def shape(self) -> tuple:
        """(num_rows, feature_dim)."""

    @abc.abstractmethod
    def take(self, positions, out=None) -> np.ndarray:
        """Reads some rows.

        Args:
            positions: slice, or `[m]` integer array.
            out: `[m, feature_dim]` float32 array to write to. None, the
                default: a new one.

        Returns:
            `[m, feature_dim]` float32 array, in the order of `positions`.
        """
