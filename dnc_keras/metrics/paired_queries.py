"""Differences of two embeddings on the same queries."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dnc_keras.arrays.memory import rows_within
from dnc_keras.metrics.confidence import DRAW_BYTES
from dnc_keras.metrics.confidence import confidence_intervals
from dnc_keras.metrics.confidence import drawn_groups
from dnc_keras.metrics.confidence import group_sums

# Sums of the same numbers in another order differ by less.
_ROUNDING = 1e-9


class QueryDifference(NamedTuple):
    """The mean difference of a metric over queries.

    Attributes:
        mean: of the differences.
        low, high: ends of its interval.
        p_value: probability of such a difference, or a larger one of either
            sign, if for each class the two were exchanged by chance.
        num_better: number of queries with a higher value.
        num_worse: number of queries with a lower one.
    """

    mean: float
    low: float
    high: float
    p_value: float
    num_better: int
    num_worse: int


def query_differences(
    values,
    control,
    labels,
    confidence: float = 0.95,
    num_resamples: int = 10_000,
    seed: int = 0,
) -> dict[str, QueryDifference]:
    """The mean differences of retrieval values, query by query.

    A query that is hard for one model is hard for the other: that falls out of
    the differences, whose interval is narrower than those of the two metrics.
    It is that of `confidence_intervals`, over classes (paired bootstrap: Efron
    & Tibshirani 1993, An Introduction to the Bootstrap).

    The p-value is Fisher's randomization test, as usual in information
    retrieval (Smucker et al. 2007, https://doi.org/10.1145/1321440.1321528),
    with classes in place of queries: the sign of each class' differences is
    drawn, all signs alike for all queries of a class. All patterns of signs are
    tried where they are no more than `num_resamples`. Unlike the interval it
    stays right with few classes: with 5 it is never below 0.05.

    Both tell of other classes of the same kind, with these two models: not of
    other trainings, which move the numbers too (`paired_difference`).

    Args:
        values: a dict of `[num_queries]` arrays, such as `retrieval_values`
            returns; NaN is a query that does not count.
        control: the same of what they are compared with, for the same queries
            in the same order. Only metrics in both are compared.
        labels: `[num_queries]` array, the class of each query, two at least.
            None: draw single queries.
        confidence: share of the means inside the interval, in (0, 1).
        num_resamples: number of means, and of patterns of signs.
        seed: seed of the draws.

    Returns:
        A dict of `QueryDifference`, of `values` minus `control`; all numbers
        of a metric are NaN where no query counts.

    Raises:
        ValueError: where no metric is in both, they are not of the same
            queries, or other queries count.

    Example:

    >>> ours, theirs = np.array([1.0, 1.0, 1.0, 0.0]), np.zeros(4)
    >>> found = query_differences({"a": ours}, {"a": theirs}, [5, 5, 6, 6])
    >>> found["a"].mean, found["a"].low, found["a"].high
    (0.75, 0.5, 1.0)
    """
    changes = _changes(values, control)
    low, high = confidence_intervals(
        changes, labels, confidence, num_resamples, seed
    )
    sums, counts = group_sums(changes, drawn_groups(changes, labels))
    num = counts.sum(axis=0)
    means = np.where(num, sums.sum(axis=0) / np.maximum(num, 1), np.nan)
    p_values = np.where(num, _p_values(sums, num_resamples, seed), np.nan)
    return {
        name: QueryDifference(
            float(mean),
            low[name],
            high[name],
            float(p_value),
            int((each > 0).sum()),
            int((each < 0).sum()),
        )
        for (name, each), mean, p_value in zip(changes.items(), means, p_values)
    }


def _changes(values, control):
    names = [name for name in values if name in control]
    if not names:
        raise ValueError(
            "Values to compare must have a metric in common. Received: "
            f"{', '.join(values)} and {', '.join(control)}. Use the same ks."
        )
    return {
        name: _change(name, np.asarray(values[name]), np.asarray(control[name]))
        for name in names
    }


def _change(name, ours, theirs):
    is_same = ours.shape == theirs.shape and np.array_equal(
        np.isnan(ours), np.isnan(theirs)
    )
    if not is_same:
        raise ValueError(
            "Values to compare must be of the same queries. Received: "
            f"{name} of {np.count_nonzero(~np.isnan(ours))} queries that count "
            f"among {ours.size}, and of {np.count_nonzero(~np.isnan(theirs))} "
            f"among {theirs.size}. Measure both on the same images."
        )
    return ours - theirs


def _p_values(sums, num_resamples, seed):
    """`[num_metrics]` array, from `[num_groups, num_metrics]` sums."""
    num_groups = len(sums)
    found = np.abs(sums.sum(axis=0)) - _ROUNDING * np.abs(sums).sum(axis=0)
    # Of a pattern and its opposite one is enough.
    num_patterns = 2 ** min(num_groups - 1, 62)
    is_exact = num_patterns <= num_resamples
    num_signs = num_patterns if is_exact else num_resamples
    rng = np.random.default_rng(seed)
    step = rows_within(DRAW_BYTES, 2 * num_groups)
    num_as_far = np.zeros(sums.shape[1])
    for start in range(0, num_signs, step):
        rows = np.arange(start, min(start + step, num_signs))
        signs = (
            _patterns(rows, num_groups)
            if is_exact
            else 1.0 - 2.0 * rng.integers(2, size=[len(rows), num_groups])
        )
        num_as_far += (np.abs(signs @ sums) >= found).sum(axis=0)
    if is_exact:
        return num_as_far / num_signs
    # What was found is a pattern, too: no probability is 0.
    return (num_as_far + 1) / (num_signs + 1)


def _patterns(rows, num_groups):
    """The signs that numbers stand for in base 2, the last one always 1."""
    bits = (rows[:, None] >> np.arange(num_groups)) & 1
    return 1.0 - 2.0 * bits
