"""Statistics of runs that share their seeds with a control."""

from __future__ import annotations

import math
import statistics
from typing import NamedTuple

from scipy import stats


class Difference(NamedTuple):
    """mean: of the differences; low, high: its 95% interval."""

    mean: float
    low: float
    high: float


def difference(values, control):
    """The paired difference of two lists, one value for each seed.

    The interval is Student's, from the spread of the differences.
    """
    changes = [a - b for a, b in zip(values, control)]
    mean = statistics.mean(changes)
    if len(changes) < 2:
        return Difference(mean, -math.inf, math.inf)
    error = statistics.stdev(changes) / math.sqrt(len(changes))
    half = stats.t.ppf(0.975, len(changes) - 1) * error
    return Difference(mean, mean - half, mean + half)


def epochs_to_reach(curve, goal):
    """Epochs until a curve is at `goal` or above; infinity if it never is."""
    reached = (number for number, x in enumerate(curve, 1) if x >= goal)
    return next(reached, math.inf)
