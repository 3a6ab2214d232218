"""Differences of runs that share their seeds."""

from __future__ import annotations

import math
import statistics
from typing import NamedTuple

from scipy import stats

CONFIDENCE = 0.95


class Difference(NamedTuple):
    """The mean of paired differences, and its 95% interval.

    Attributes:
        mean: of the differences.
        low, high: ends of the interval; infinite where there is one pair.
    """

    mean: float
    low: float
    high: float


def paired_difference(values, control) -> Difference:
    """The mean difference of two lists, pair by pair.

    Two runs of one seed draw the same held-out classes and the same random
    start: much of what moves one moves the other, and falls out of the
    difference. The interval is Student's, from the spread of the differences.

    Args:
        values: numbers, one for each seed.
        control: what they are compared with, in the order of the same seeds.

    Returns:
        A `Difference`, of `values` minus `control`.

    Raises:
        ValueError: where they have not the same length, or none, or are not
            finite.

    Example:

    >>> paired_difference([0.75], [0.5])
    Difference(mean=0.25, low=-inf, high=inf)
    """
    if len(values) != len(control) or not len(values):
        raise ValueError(
            "Paired values must be as many as those of the control, at least "
            f"one. Received: {len(values)} and {len(control)}. Give one for "
            "each seed."
        )
    changes = [a - b for a, b in zip(values, control)]
    if not all(map(math.isfinite, changes)):
        raise ValueError(
            "Paired values must be finite numbers. Received: "
            f"{list(values)} and {list(control)}. Leave these seeds out."
        )
    mean = statistics.mean(changes)
    if len(changes) < 2:
        return Difference(mean, -math.inf, math.inf)
    error = statistics.stdev(changes) / math.sqrt(len(changes))
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, len(changes) - 1)
    half = float(quantile) * error
    return Difference(mean, mean - half, mean + half)
