"""Differences in each test class, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras.comparison.classes import class_differences
from dnc_keras.comparison.classes import most_changed
from dnc_keras.runs.queries import QueryValues

LABELS = np.array([1, 0, 1, 1, 2])
NAMES = ("elm", "oak", "yew")


def queries(recalls, names=NAMES, order="x"):
    values = {"recall_at_1": np.array(recalls, float)}
    return QueryValues(values, LABELS, names, order)


def test_the_difference_of_a_class_is_the_mean_of_its_queries():
    ours, theirs = queries([1, 0, 1, 0, 1]), queries([0, 1, 0, 0, 1])
    assert class_differences(ours, theirs) == [
        {"class": "elm", "num_queries": 1, "recall_at_1": -1.0},
        {"class": "oak", "num_queries": 3, "recall_at_1": 2 / 3},
        {"class": "yew", "num_queries": 1, "recall_at_1": 0.0},
    ]


def test_queries_that_do_not_count_are_in_no_class():
    ours = queries([1, np.nan, np.nan, 0, 1])
    theirs = queries([0, np.nan, np.nan, 0, 1])
    assert class_differences(ours, theirs) == [
        {"class": "oak", "num_queries": 2, "recall_at_1": 0.5},
        {"class": "yew", "num_queries": 1, "recall_at_1": 0.0},
    ]


@pytest.mark.parametrize("is_first", [True, False])
def test_names_are_those_of_the_run_that_knows_them(is_first):
    known = queries([1, 0, 1, 0, 1])
    unknown = queries([0, 1, 0, 0, 1], ("0", "1", "2"), "")
    pair = (known, unknown) if is_first else (unknown, known)
    assert [row["class"] for row in class_differences(*pair)] == list(NAMES)


def test_classes_that_change_most_are_both_ends():
    rows = [{"a": x} for x in (0.1, -0.3, 0.0, 0.5, -0.1, 0.3)]
    found = most_changed(rows, "a", 2)
    assert [row["a"] for row in found] == [0.5, 0.3, -0.1, -0.3]
    found = most_changed(rows, "a", 9)
    assert [row["a"] for row in found] == [0.5, 0.3, 0.1, -0.1, -0.3]
    assert most_changed([{"a": 0.0}], "a", 3) == []
