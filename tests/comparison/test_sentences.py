"""What comparisons say, in words."""

from __future__ import annotations

import pytest

from dnc_keras.comparison import Comparison
from dnc_keras.comparison import verdict_of
from dnc_keras.comparison.sentences import state_of
from dnc_keras.comparison.verdicts import SeedDifference
from dnc_keras.metrics import QueryDifference

SEEDS = "A difference over test classes is that of these two trainings: "


def over_classes(mean, low, high, p, corrected=None, num=40, **fields):
    return Comparison(
        "b",
        "a",
        ["b"],
        "classes",
        num,
        {"recall_at_1": QueryDifference(mean, low, high, p, 7, 3)},
        {"recall_at_1": p if corrected is None else corrected},
        **fields,
    )


@pytest.mark.parametrize(
    "found, state, sentence",
    [
        (
            (0.022, 0.003, 0.042, 0.021),
            "above",
            "b is above a in R@1 by 2.2 points (95%: 0.3 to 4.2 over 40 test "
            "classes; p = 0.021).",
        ),
        (
            (-0.022, -0.042, -0.003, 0.0002),
            "below",
            "b is below a in R@1 by 2.2 points (95%: 0.3 to 4.2 over 40 test "
            "classes; p < 0.001).",
        ),
        (
            (0.006, -0.01, 0.021, 0.4),
            "not told apart",
            "b and a cannot be told apart in R@1: +0.6 points (95%: -1.0 to "
            "2.1 over 40 test classes; p = 0.4).",
        ),
        (
            (0.0, 0.0, 0.0, 1.0),
            "not told apart",
            "b and a cannot be told apart in R@1: +0.0 points (95%: 0.0 to "
            "0.0 over 40 test classes; p = 1).",
        ),
    ],
)
def test_a_difference_is_a_sentence(found, state, sentence):
    one = over_classes(*found)
    assert state_of(one) == state
    assert verdict_of([one])[0] == sentence
    assert verdict_of([one])[1].startswith(SEEDS)
    assert len(verdict_of([one])) == 2


def test_a_finding_among_many_may_be_chance():
    one = over_classes(0.022, 0.003, 0.042, 0.021, corrected=0.063)
    other = over_classes(0.3, 0.2, 0.4, 0.001, corrected=0.003)
    lines = verdict_of([one, other, one])
    assert "cannot be told apart" in lines[0] and "p = 0.063" in lines[0]
    assert "b is above a in R@1 by 30.0" in lines[1]
    assert lines[3] == (
        "p is corrected for 3 comparisons (Holm); the intervals are not."
    )
    assert lines[4].startswith("Where an interval excludes 0")


def test_p_decides_where_the_interval_says_something_else():
    one = over_classes(0.022, 0.003, 0.042, 0.0625, num=5)
    assert state_of(one) == "not told apart"
    assert verdict_of([one])[1] == (
        "Where an interval excludes 0 and p is 0.05 or more, p decides: it "
        "stays right with few classes."
    )


def test_test_images_that_are_not_known_are_said():
    one = over_classes(0.022, 0.003, 0.042, 0.02, is_checked=False)
    assert verdict_of([one])[-1] == (
        "That the test images are the same is known by their number and "
        "classes alone for b: their files say no more."
    )


def test_seeds_are_named_and_need_no_other_word():
    one = Comparison(
        "b",
        "a",
        ["b/0", "b/1", "b/2"],
        "seeds",
        3,
        {"map_at_r": SeedDifference(0.02, 0.01, 0.03, 0.01)},
        {"map_at_r": 0.01},
    )
    assert verdict_of([one]) == [
        "b is above a in MAP@R by 2.0 points (95%: 1.0 to 3.0 over 3 seeds; "
        "p = 0.01)."
    ]


def test_what_is_not_compared_has_a_reason():
    one = Comparison("b", "a", ["b"], "classes", problem="they differ")
    assert state_of(one) == ""
    assert verdict_of([one]) == ["b is not compared with a: they differ."]
