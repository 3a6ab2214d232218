"""Differences of runs that share their seeds."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from dnc_keras.metrics import paired_difference
from dnc_keras.metrics.paired import student_p_value


def test_the_interval_is_that_of_the_paired_t_test():
    values, control = [45.0, 47.5, 46.0, 44.0], [43.0, 44.0, 45.5, 43.5]
    mean, low, high = paired_difference(values, control)
    expected = stats.ttest_rel(values, control).confidence_interval(0.95)
    assert mean == pytest.approx(1.625)
    assert (low, high) == pytest.approx((expected.low, expected.high))


def test_two_seeds_have_the_quantile_of_one_degree_of_freedom():
    # Differences 1 and 3: standard error 1, and t(0.975, 1) = 12.706.
    mean, low, high = paired_difference([2.0, 5.0], [1.0, 2.0])
    assert (mean, low, high) == pytest.approx((2.0, -10.706, 14.706), abs=1e-3)


def test_one_seed_has_no_interval():
    assert paired_difference([2.0], [1.5]) == (0.5, -math.inf, math.inf)


@pytest.mark.parametrize("values, control", [([1.0, 2.0], [1.0]), ([], [])])
def test_values_without_a_partner_are_refused(values, control):
    with pytest.raises(ValueError, match="Give one for each seed"):
        paired_difference(values, control)


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_values_that_are_not_finite_are_refused(wrong):
    with pytest.raises(ValueError, match="must be finite numbers"):
        paired_difference([1.0, wrong], [1.0, 2.0])


def test_the_p_value_is_that_of_the_paired_t_test():
    values, control = [45.0, 47.5, 46.0, 44.0], [43.0, 44.0, 45.5, 43.5]
    expected = stats.ttest_rel(values, control).pvalue
    found = student_p_value(paired_difference(values, control), 4)
    assert found == pytest.approx(expected)


def test_equal_differences_leave_no_doubt_and_one_pair_no_answer():
    assert student_p_value(paired_difference([1.0, 2.0], [1.0, 2.0]), 2) == 1.0
    assert student_p_value(paired_difference([2.0, 3.0], [1.0, 2.0]), 2) == 0.0
    assert math.isnan(student_p_value(paired_difference([2.0], [1.0]), 1))
