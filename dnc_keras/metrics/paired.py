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
    half = _quantile(len(changes)) * error
    return Difference(mean, mean - half, mean + half)


def student_p_value(difference: Difference, num_pairs: int) -> float:
    """The p-value of a `paired_difference`, by Student's test.

    It is below 0.05 where the 95% interval does not include 0.

    Args:
        difference: what `paired_difference` returned.
        num_pairs: of how many pairs.

    Returns:
        The probability of such a mean difference, or a larger one of either
        sign, without a true one; NaN for one pair.
    """
    if num_pairs < 2:
        return math.nan
    half = difference.high - difference.mean
    if not half:
        return 0.0 if difference.mean else 1.0
    distance = abs(difference.mean) / half * _quantile(num_pairs)
    return float(2 * stats.t.sf(distance, num_pairs - 1))


def _quantile(num_pairs):
    return float(stats.t.ppf((1 + CONFIDENCE) / 2, num_pairs - 1))
