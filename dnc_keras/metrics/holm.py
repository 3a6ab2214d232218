"""P-values of several comparisons."""

from __future__ import annotations

import numpy as np


def holm(p_values) -> list[float]:
    """Corrects p-values for the number of comparisons.

    Of twenty comparisons without any true difference one is below 0.05 on
    average. With corrected values the probability that any of them is below
    0.05 by chance is 5% at most, whatever the comparisons have in common
    (Holm 1979, A simple sequentially rejective multiple test procedure,
    Scandinavian Journal of Statistics 6).

    Args:
        p_values: a list of numbers in [0, 1], one for each comparison.

    Returns:
        A list of floats in the same order: the smallest of n times n, the next
        one times n - 1 and so on, none below an earlier one nor above 1.

    Raises:
        ValueError: for what is not a probability.

    Example:

    >>> holm([0.02, 0.25, 0.5])
    [0.06, 0.5, 0.5]
    """
    if not all(0 <= value <= 1 for value in p_values):
        raise ValueError(
            "p_values must be numbers from 0 to 1. Received: "
            f"{list(p_values)}. Leave comparisons without one out."
        )
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(order), 0, -1)
    ordered = np.asarray(p_values, float)[order] * factors
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(ordered), 1.0)
    return corrected.tolist()
