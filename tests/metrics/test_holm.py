"""P-values of several comparisons, corrected."""

from __future__ import annotations

import pytest

from dnc_keras.metrics import holm


def test_the_smallest_counts_for_all_and_the_next_for_the_others():
    # 0.01 * 3; 0.02 * 2; 0.03 * 1, which may not be below 0.04.
    assert holm([0.03, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])


def test_a_probability_is_never_above_1():
    assert holm([0.6, 0.9]) == [1.0, 1.0]


def test_one_comparison_needs_no_correction():
    assert holm([0.02]) == [0.02]
    assert holm([]) == []


@pytest.mark.parametrize("wrong", [float("nan"), -0.1, 1.5])
def test_what_is_no_probability_is_refused(wrong):
    with pytest.raises(ValueError, match="numbers from 0 to 1. Received:"):
        holm([0.02, wrong])
