"""Least, middle and most of some numbers."""

from __future__ import annotations

import numpy as np


def spread(values: np.ndarray) -> dict:
    """`min`, `median` and `max` of an array; None where it is empty.

    >>> spread(np.array([1, 5, 2]))
    {'min': 1, 'median': 2.0, 'max': 5}
    """
    if not len(values):
        return dict.fromkeys(("min", "median", "max"))
    return {
        "min": values.min().item(),
        "median": float(np.median(values)),
        "max": values.max().item(),
    }
