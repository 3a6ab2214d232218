"""Paired differences over queries, against plain loops."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from dnc_keras import metrics
from dnc_keras.metrics import paired_queries


def plain_interval(changes, labels, num_resamples):
    """Percentiles of mean differences of classes drawn one by one."""
    rng = np.random.default_rng(7)
    classes, means = np.unique(labels), []
    for _ in range(num_resamples):
        drawn = rng.choice(classes, len(classes))
        means.append(
            np.mean(np.concatenate([changes[labels == c] for c in drawn]))
        )
    return np.percentile(means, [2.5, 97.5])


def plain_p_value(changes, labels):
    """Share of all patterns of signs with as large a sum."""
    sums = [changes[labels == c].sum() for c in np.unique(labels)]
    patterns = list(itertools.product([-1, 1], repeat=len(sums)))
    found = abs(sum(sums)) - 1e-12
    return np.mean([abs(np.dot(signs, sums)) >= found for signs in patterns])


@pytest.fixture
def pair():
    """Two embeddings' values, of which the first is a little better."""
    rng = np.random.default_rng(0)
    labels = rng.integers(10, size=200)
    hard = rng.normal(0.5, 0.2, 200) + rng.normal(0, 0.1, 10)[labels]
    ours, theirs = (hard + rng.normal(0, 0.1, 200) for _ in range(2))
    return ours + 0.02, theirs, labels


def test_differences_of_two_classes_by_hand():
    ours, theirs = np.array([1.0, 1.0, 1.0, 0.0]), np.array([0.0, 0, 0, 1])
    found = metrics.query_differences(
        {"a": ours}, {"a": theirs}, ["x", "x", "y", "y"]
    )
    # Class x gains 2 of 2, class y gains one query and loses one. Drawn are
    # x twice, both, or y twice: means 1, 0.5 and 0. The signs of the sums 2
    # and 0 give +2 or -2: always as far from 0 as what was found.
    assert found == {"a": (0.5, 0.0, 1.0, 1.0, 3, 1)}


def test_the_interval_is_that_of_a_plain_paired_bootstrap(pair):
    ours, theirs, labels = pair
    found = metrics.query_differences({"a": ours}, {"a": theirs}, labels)["a"]
    low, high = plain_interval(ours - theirs, labels, 4000)
    assert found.mean == pytest.approx(np.mean(ours - theirs))
    # The width is some 0.03.
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.002)


def test_the_p_value_is_that_of_all_patterns_of_signs(pair):
    ours, theirs, labels = pair
    found = metrics.query_differences({"a": ours}, {"a": theirs}, labels)["a"]
    expected = plain_p_value(ours - theirs, labels)
    assert 0.01 < expected < 0.9
    assert found.p_value == pytest.approx(expected)


def test_drawn_patterns_come_near_to_all_patterns(pair):
    ours, theirs, labels = pair
    found = metrics.query_differences(
        {"a": ours}, {"a": theirs}, labels, num_resamples=500
    )["a"]
    expected = plain_p_value(ours - theirs, labels)
    assert found.p_value != expected  # 512 patterns are not all tried.
    assert found.p_value == pytest.approx(expected, abs=0.08)


def test_single_queries_are_tested_as_by_scipy():
    changes = np.array([3.0, 1.0, 2.0, -1.0, 2.5, 0.5])
    found = metrics.query_differences({"a": changes}, {"a": np.zeros(6)}, None)
    expected = stats.permutation_test(
        (changes,),
        np.mean,
        permutation_type="samples",
        n_resamples=math.inf,
    )
    assert found["a"].p_value == pytest.approx(expected.pvalue)


def test_five_classes_are_too_few_for_a_small_p_value():
    found = metrics.query_differences(
        {"a": np.ones(10)}, {"a": np.zeros(10)}, np.arange(10) % 5
    )
    assert found["a"].low == 1.0
    assert found["a"].p_value == 2 / 2**5


def test_a_difference_that_many_classes_have_is_no_chance():
    labels = np.arange(100)
    found = metrics.query_differences(
        {"a": np.ones(100)}, {"a": np.zeros(100)}, labels, num_resamples=999
    )
    assert found["a"].p_value == 1 / 1000


def test_equal_values_differ_in_nothing():
    values = {"a": np.array([0.1, 0.2, 0.3])}
    found = metrics.query_differences(values, values, [0, 0, 1])
    assert found == {"a": (0.0, 0.0, 0.0, 1.0, 0, 0)}


def test_queries_that_do_not_count_are_in_no_mean():
    ours = np.array([1.0, np.nan, 0.0, 1.0])
    theirs = np.array([0.0, np.nan, 0.0, 0.0])
    found = metrics.query_differences({"a": ours}, {"a": theirs}, [0, 0, 1, 2])
    assert found["a"].mean == pytest.approx(2 / 3)
    assert (found["a"].num_better, found["a"].num_worse) == (2, 0)
    none = {"a": np.full(2, np.nan)}
    found = metrics.query_differences(none, none, [0, 1])["a"]
    assert np.isnan(found[:4]).all()
    assert found[4:] == (0, 0)


def test_only_metrics_of_both_are_compared():
    ours = {"a": np.ones(2), "b": np.ones(2)}
    theirs = {"b": np.zeros(2), "c": np.ones(2)}
    assert list(metrics.query_differences(ours, theirs, [0, 1])) == ["b"]
    with pytest.raises(ValueError, match="in common. Received: a and c. Use"):
        metrics.query_differences({"a": ours["a"]}, {"c": theirs["c"]}, [0, 1])


@pytest.mark.parametrize("theirs", [np.ones(2), np.array([1.0, np.nan, 1.0])])
def test_values_of_other_queries_are_refused(theirs):
    with pytest.raises(ValueError, match="same queries. Received: a of 3 quer"):
        metrics.query_differences({"a": np.ones(3)}, {"a": theirs}, [0, 0, 1])


def test_blocks_of_memory_change_nothing(pair, monkeypatch):
    ours, theirs, labels = pair

    def found(num_resamples):
        return metrics.query_differences(
            {"a": ours}, {"a": theirs}, labels, num_resamples=num_resamples
        )

    whole = [found(500), found(600)]
    monkeypatch.setattr(paired_queries, "DRAW_BYTES", 8 * 10 * 7)
    assert [found(500), found(600)] == whole
