"""Bootstrap intervals against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.rounding import exact_points

from dnc_keras import metrics
from dnc_keras.metrics import confidence


def plain_intervals(each, groups, confidence, num_resamples):
    """Percentiles of the means of groups drawn one after the other."""
    rng = np.random.default_rng(7)
    names = np.unique(groups)
    means = []
    for _ in range(num_resamples):
        drawn = [each[groups == g] for g in rng.choice(names, len(names))]
        means.append(np.nanmean(np.concatenate(drawn)))
    outside = 50 * (1 - confidence)
    return np.percentile(means, [outside, 100 - outside])


@pytest.mark.parametrize("by_class", [True, False])
def test_intervals_are_those_of_a_plain_bootstrap(by_class):
    rng = np.random.default_rng(0)
    classes = rng.integers(30, size=300)
    each = np.clip(rng.normal(classes / 30, 0.2), 0, 1)
    each[:20] = np.nan
    low, high = metrics.confidence_intervals(
        {"a": each, "b": 1 - each},
        classes if by_class else None,
        confidence=0.9,
        num_resamples=4000,
    )
    groups = classes if by_class else np.arange(300)
    expected = plain_intervals(each, groups, 0.9, 4000)
    # The width is some 0.17 over classes and 0.06 over queries.
    np.testing.assert_allclose([low["a"], high["a"]], expected, atol=0.007)
    np.testing.assert_allclose([high["b"], low["b"]], 1 - expected, atol=0.007)


def test_intervals_of_two_classes_by_hand():
    # Drawn are both the first, one of each, or both the second: 1/4, 1/2, 1/4.
    values = {"a": np.array([1.0, 1.0, 0.0, 0.0])}
    labels = ["x", "x", "y", "y"]
    inner = metrics.confidence_intervals(values, labels, confidence=0.4)
    assert inner == ({"a": 0.5}, {"a": 0.5})
    outer = metrics.confidence_intervals(values, labels, confidence=0.6)
    assert outer == ({"a": 0.0}, {"a": 1.0})


def test_intervals_are_the_same_in_blocks_and_by_seed(monkeypatch):
    values, labels = {"a": exact_points(50)[:, 0]}, np.arange(50) % 12
    whole = metrics.confidence_intervals(values, labels, seed=1)
    assert metrics.confidence_intervals(values, labels, seed=1) == whole
    assert metrics.confidence_intervals(values, labels, seed=2) != whole
    monkeypatch.setattr(confidence, "DRAW_BYTES", 8 * 12 * 7)
    assert metrics.confidence_intervals(values, labels, seed=1) == whole


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"confidence": 95}, "below 1. Received: 95. Use confidence=0.95"),
        ({"confidence": 0.0}, "confidence must be above 0"),
        ({"num_resamples": 0}, "num_resamples must be an integer above 0"),
        ({"labels": [0, 1]}, "labels must have one entry"),
        ({"labels": [1, 1, 1]}, "two classes .* Use labels=None"),
    ],
)
def test_impossible_interval_is_an_error_with_advice(arguments, words):
    arguments = {"values": {"a": np.ones(3)}, "labels": [0, 1, 1], **arguments}
    with pytest.raises(ValueError, match=words):
        metrics.confidence_intervals(**arguments)


def test_without_a_query_that_counts_there_is_no_interval():
    values = {"a": np.full(4, np.nan), "b": np.ones(4)}
    low, high = metrics.confidence_intervals(values, [0, 0, 1, 1])
    assert np.isnan([low["a"], high["a"]]).all()
    assert low["b"] == high["b"] == 1.0


def test_draws_without_a_query_that_counts_are_no_zeros():
    # Half of the draws would be of class 1 alone, or of both.
    values = {"recall_at_1": np.array([1.0, np.nan])}
    low, high = metrics.confidence_intervals(values, [0, 1])
    assert low == high == {"recall_at_1": 1.0}
