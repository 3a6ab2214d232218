"""Checks of arguments that the metrics share."""

from __future__ import annotations

import operator

import numpy as np

from dnc_keras.support.checks import check_part
from dnc_keras.support.labels import class_ids


def check_names(argument: str, names, num_rows: int):
    """Raises ValueError unless each of `num_rows` rows has a name.

    Args:
        argument: what the caller calls `names`, for the message.
        names: labels or cameras, an array of any type.
        num_rows: number of rows, which must be 1 or more.
    """
    if np.shape(names) != (num_rows,) or not num_rows:
        raise ValueError(
            f"{argument} must have one entry for each embedding, at least one. "
            f"Expected: shape {[num_rows]}. "
            f"Received: shape {list(np.shape(names))}. "
            "Pass arrays of the same images in the same order."
        )
    # NaN is what pandas reads from an empty cell: no class, and not one class.
    class_ids(names, argument)


def check_ks(ks):
    """Raises ValueError unless `ks` are one or more integers from 1 on."""
    try:
        valid = len(ks) > 0 and min(map(operator.index, ks)) >= 1
    except TypeError:
        valid = False
    if not valid:
        raise ValueError(
            f"ks must hold integers of at least 1. Received: {ks}. "
            "Use ks=(1, 2, 4, 8)."
        )


def check_confidence(confidence: float):
    """Raises ValueError unless `confidence` is a share between 0 and 1."""
    check_part("confidence", confidence, example=0.95)
