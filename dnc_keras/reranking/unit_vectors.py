"""Vectors of length 1, which weighted means need."""

from __future__ import annotations

import numpy as np

# Rounding moves a length by less; float16 by less, too.
_TOLERANCE = 1e-2


def unit(vectors) -> np.ndarray:
    """Vectors scaled to length 1; those of length 0 stay as they are.

    Args:
        vectors: `[..., dim]` float32 array.
    """
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(lengths > 0.0, lengths, 1.0)


def check_unit(rows, name: str):
    """Raises ValueError unless all rows have length 1.

    Args:
        rows: `[num, dim]` array.
        name: what they are, for the message.
    """
    lengths = np.linalg.norm(rows, axis=1)
    wrong = np.flatnonzero(~(np.abs(lengths - 1.0) <= _TOLERANCE))
    if wrong.size:
        raise ValueError(
            f"{name} must be rows of length 1: means of others depend on their "
            f"lengths. Received: length {lengths[wrong[0]]:g} in row "
            f"{wrong[0]}. Divide each row by its length."
        )
