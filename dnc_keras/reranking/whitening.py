"""Whitening by principal components."""

from __future__ import annotations

import numpy as np

from dnc_keras.arrays.memory import rows_within
from dnc_keras.arrays.rows import Rows
from dnc_keras.reranking.unit_vectors import unit
from dnc_keras.support.checks import check_count

_BLOCK_BYTES = 2**24
# Components below this share of the largest are rounding.
_SMALLEST = 1e-6


class Whitening:
    """Components of equal spread, scaled to length 1: Jegou and Chum 2012.

    `x -> unit((x - mean) @ axes / deviations)`, with the first components of
    the covariance. Fit it on images whose labels you do not measure with: on
    the training images, or on the gallery; never on the queries. All that is
    compared must go through the same one.

    Args:
        rows: `[num_rows, dim]` array, what it is fitted on.
        dim: number of components that are kept.

    Raises:
        ValueError: where the rows have not so many components.

    Example:

    >>> whitening = Whitening([[0.0, 0.0], [2.0, 0.0], [0.0, 1.0]], dim=1)
    >>> whitening([[4.0, 0.0], [0.0, 4.0]]).shape
    (2, 1)
    """

    def __init__(self, rows, dim: int):
        check_count("dim", dim)
        rows = Rows(rows)
        values, axes = np.linalg.eigh(_covariance(rows))
        values, axes = values[::-1], axes[:, ::-1]
        num_held = int(np.sum(values > _SMALLEST * max(values[0], 0.0)))
        if dim > num_held:
            raise ValueError(
                "Whitening keeps components in which the rows differ. Received:"
                f" dim={dim}, where {rows.num:,} rows of {rows.dim} columns "
                f"have {num_held}. Use dim={max(num_held // 2, 1)}, or more "
                "rows."
            )
        self._mean = rows.mean
        self._matrix = (axes[:, :dim] / np.sqrt(values[:dim])).astype(
            np.float32
        )

    def __call__(self, rows) -> np.ndarray:
        """Whitens rows, of what it was fitted on or of others.

        Args:
            rows: `[num_rows, dim]` array.

        Returns:
            `[num_rows, dim]` float32 array, of the dim that is kept.
        """
        rows = np.asarray(rows)
        step = rows_within(_BLOCK_BYTES, rows.shape[1])
        whitened = np.empty([len(rows), self._matrix.shape[1]], np.float32)
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            block = rows[part].astype(np.float32) - self._mean
            whitened[part] = unit(block @ self._matrix)
        return whitened


def _covariance(rows):
    """`[dim, dim]` float64 array."""
    total = np.zeros([rows.dim, rows.dim])
    for _, block in rows.blocks():
        centred = block.numpy().astype(np.float64) - rows.mean
        total += centred.T @ centred
    return total / max(rows.num, 1)
