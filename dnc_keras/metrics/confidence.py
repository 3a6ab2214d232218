"""How far a metric may be off, because other queries could have been asked."""

from __future__ import annotations

import numpy as np

from dnc_keras.arrays.memory import rows_within
from dnc_keras.metrics.arguments import check_confidence
from dnc_keras.metrics.arguments import check_names
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_seed
from dnc_keras.support.labels import class_ids

DRAW_BYTES = 2**24


def confidence_intervals(
    values,
    labels,
    confidence: float = 0.95,
    num_resamples: int = 1000,
    seed: int = 0,
) -> tuple[dict[str, float], dict[str, float]]:
    """Bootstrap confidence intervals of the means of retrieval values.

    Draws as many classes as there are, with replacement and with all their
    queries, takes the mean, and does so many times; the interval lies between
    two percentiles of these means (Efron & Tibshirani 1993, An Introduction to
    the Bootstrap, chapter 13). Classes are drawn and not queries because the
    queries of one class are not independent: they look for the same images
    (Field & Welsh 2007, Bootstrapping clustered data, https://doi.org/
    10.1111/j.1467-9868.2007.00593.x). Drawing queries gives intervals that are
    too narrow.

    An interval tells of other classes of the same kind, with this model and
    this gallery: not of another training, which moves the numbers too. With
    less than some 20 classes it is too narrow.

    Args:
        values: a dict of `[num_queries]` arrays, such as `retrieval_values`
            returns; NaN is a query that does not count.
        labels: `[num_queries]` array, the class of each query, two at least.
            None: draw single queries.
        confidence: share of the means inside the interval, in (0, 1).
        num_resamples: number of means.
        seed: seed of the draws.

    Returns:
        (low, high): two dicts of floats with the names of `values`; NaN where
        no query counts.

    Example:

    >>> values = {"recall_at_1": np.array([1.0, 1.0, 0.0, 0.0])}
    >>> confidence_intervals(values, labels=[5, 5, 6, 6])
    ({'recall_at_1': 0.0}, {'recall_at_1': 1.0})
    """
    check_confidence(confidence)
    check_count("num_resamples", num_resamples)
    check_seed("seed", seed)
    groups = drawn_groups(values, labels)
    sums, counts = group_sums(values, groups)
    means = _resample(sums, counts, num_resamples, np.random.default_rng(seed))
    outside = (1.0 - confidence) / 2.0
    ends = [_ends(each, [outside, 1.0 - outside]) for each in means.T]
    low, high = np.transpose(ends).tolist()
    return dict(zip(values, low)), dict(zip(values, high))


def _ends(means, shares):
    means = means[~np.isnan(means)]
    return np.quantile(means, shares) if means.size else [np.nan] * 2


def drawn_groups(values, labels):
    """`[num_queries]` integers: the queries that are drawn together."""
    num_queries = len(next(iter(values.values())))
    if labels is None:
        return np.arange(num_queries)
    check_names("labels", labels, num_queries)
    groups, classes = class_ids(labels)
    if len(classes) < 2:
        raise ValueError(
            "An interval needs two classes to draw from. Received: 1. "
            "Use labels=None to draw single queries."
        )
    return groups


def group_sums(values, groups):
    """Sums and counts of each metric, `[num_groups, num_metrics]` each."""
    values = list(values.values())
    counted = [np.where(np.isnan(each), 0.0, 1.0) for each in values]
    return (
        _sum_by_group([np.nan_to_num(each) for each in values], groups),
        _sum_by_group(counted, groups),
    )


def _sum_by_group(columns, groups):
    return np.stack([np.bincount(groups, column) for column in columns], axis=1)


def _resample(sums, counts, num_resamples, rng):
    """`[num_resamples, num_metrics]` means; NaN where no query counts."""
    step = rows_within(DRAW_BYTES, 2 * len(sums))
    means = []
    for start in range(0, num_resamples, step):
        times = _draw(min(step, num_resamples - start), len(sums), rng)
        num = times @ counts
        means.append(np.where(num, times @ sums / np.maximum(num, 1.0), np.nan))
    return np.concatenate(means)


def _draw(num_resamples, num_groups, rng):
    """How often each group is drawn, `[num_resamples, num_groups]`."""
    drawn = rng.integers(num_groups, size=[num_resamples, num_groups])
    drawn += num_groups * np.arange(num_resamples)[:, None]
    times = np.bincount(drawn.ravel(), minlength=drawn.size)
    return times.reshape(drawn.shape).astype(np.float64)
