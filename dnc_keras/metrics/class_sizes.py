"""Whether classes of more images are found better."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import scipy.stats

from dnc_keras.metrics.arguments import check_confidence
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_seed


@dataclasses.dataclass(frozen=True)
class RankCorrelation:
    """Spearman's rank correlation of two values of each class.

    Args:
        value: -1 to 1; NaN where one of the two never changes.
        low: lower end of the bootstrap interval over classes; NaN where there
            is none.
        high: its upper end.
        num_classes: how many classes count.
    """

    value: float
    low: float
    high: float
    num_classes: int


def rank_correlation(
    sizes,
    values,
    confidence: float = 0.95,
    num_resamples: int = 1000,
    seed: int = 0,
) -> RankCorrelation:
    """Correlates the number of images of a class with how well it is found.

    Ranks (Spearman 1904), as neither is distributed normally and few classes
    are very large. The interval lies between two percentiles of as many
    classes, drawn with replacement.

    A class of more images has more to find: recall at 1 rises with the
    number of images even if all classes are embedded equally well, and MAP@R
    also rises, though less.

    Args:
        sizes: `[num_classes]` array, images of each class.
        values: `[num_classes]` array; NaN for a class that does not count.
        confidence: share of the draws inside the interval, in (0, 1).
        num_resamples: number of draws.
        seed: seed of the draws.

    Returns:
        A `RankCorrelation`; NaN with fewer than 3 classes.

    Example:

    >>> rank_correlation([2, 3, 9], [0.1, 0.5, 0.6]).value
    1.0
    """
    check_confidence(confidence)
    check_count("num_resamples", num_resamples)
    check_seed("seed", seed)
    sizes, values = np.asarray(sizes), np.asarray(values, np.float64)
    counts = ~np.isnan(values)
    sizes, values = sizes[counts], values[counts]
    num = len(sizes)
    value = _correlation(sizes, values)
    if math.isnan(value):
        return RankCorrelation(value, math.nan, math.nan, num)
    rng = np.random.default_rng(seed)
    drawn = [
        _correlation(sizes[rows], values[rows])
        for rows in rng.integers(num, size=[num_resamples, num])
    ]
    outside = (1.0 - confidence) / 2.0
    low, high = np.nanquantile(drawn, [outside, 1.0 - outside])
    return RankCorrelation(value, float(low), float(high), num)


def _correlation(sizes, values):
    if len(sizes) < 3 or np.ptp(sizes) == 0 or np.ptp(values) == 0:
        return math.nan
    ranks = scipy.stats.rankdata([sizes, values], axis=1)
    return float(np.clip(np.corrcoef(ranks)[0, 1], -1.0, 1.0))
