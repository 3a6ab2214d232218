"""Rank correlation with class sizes, against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from dnc_keras import metrics


def test_it_is_spearmans():
    rng = np.random.default_rng(0)
    sizes = rng.integers(2, 9, 40)
    values = sizes + rng.normal(size=40) * 4.0
    told = metrics.rank_correlation(sizes, values)
    expected = scipy.stats.spearmanr(sizes, values).statistic
    assert told.value == pytest.approx(expected)
    assert told.low < told.value < told.high
    assert told.num_classes == 40


def test_the_interval_is_about_that_of_the_normal_approximation():
    rng = np.random.default_rng(1)
    sizes = rng.permutation(400)
    values = sizes + rng.normal(size=400) * 100.0
    told = metrics.rank_correlation(sizes, values)
    # Fisher's z, with the variance of Bonett & Wright 2000.
    deviation = np.sqrt((1.0 + told.value**2 / 2.0) / (400 - 3))
    ends = np.tanh(np.arctanh(told.value) + np.array([-1.96, 1.96]) * deviation)
    np.testing.assert_allclose([told.low, told.high], ends, atol=0.03)


def test_classes_that_do_not_count_are_left_out():
    told = metrics.rank_correlation([1, 2, 3, 9], [np.nan, 0.3, 0.2, 0.1])
    assert (told.value, told.num_classes) == (-1.0, 3)


@pytest.mark.parametrize(
    "sizes, values",
    [([5, 5, 5], [0.1, 0.2, 0.3]), ([1, 2, 3], [1.0] * 3), ([1, 2], [0, 1])],
)
def test_where_nothing_changes_there_is_no_correlation(sizes, values):
    told = metrics.rank_correlation(sizes, values)
    assert np.isnan([told.value, told.low, told.high]).all()
