"""Runs against a baseline, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.compared_runs import change_result
from helpers.compared_runs import named
from helpers.compared_runs import write_measured
from helpers.compared_runs import write_run

from dnc_keras import comparison
from dnc_keras.comparison import verdicts

LABELS = np.repeat(np.arange(8), 2)
WRONG, RIGHT = np.zeros(16), np.ones(16)
# Right for one query of each of seven classes.
ONE_OF_TWO = np.where(LABELS < 7, np.arange(16) % 2, 0)


def compared(paths):
    runs = named(paths)
    groups = comparison.group_runs(runs)
    return comparison.compare_with(runs[0], runs, groups)


@pytest.fixture
def measured(tmp_path):
    """Function from a name and R@1 of each query to the folder of a run."""

    def measured(name, recalls, **settings):
        settings = {"margin": float(len(name)), **settings}
        return write_measured(tmp_path / name, recalls, LABELS, **settings)

    return measured


def test_two_runs_are_compared_query_by_query(measured):
    paths = [measured("a", WRONG), measured("bb", ONE_OF_TWO)]
    (found,) = compared(paths)
    assert (found.name, found.baseline, found.runs) == ("bb", "a", ["bb"])
    assert (found.over, found.num_units) == ("classes", 8)
    difference = found.differences["recall_at_1"]
    assert difference.mean == 7 / 16
    # The mean of 8 drawn classes is half the share of the first seven among
    # them: of 8, all are with 0.875**8 = 0.34; 5 or fewer with 0.067, and 4
    # or fewer with 0.011.
    assert (difference.low, difference.high) == (5 / 16, 0.5)
    # Of 2**7 signs of the seven, two have all alike.
    assert difference.p_value == 2 / 2**7
    assert (difference.num_better, difference.num_worse) == (7, 0)


def test_p_values_are_corrected_for_all_comparisons(measured):
    paths = [
        measured("a", WRONG),
        measured("bb", ONE_OF_TWO),
        measured("ccc", RIGHT),
    ]
    first, second = compared(paths)
    # 2 / 2**8 counts twice, and 2 / 2**7 once.
    assert second.corrected["recall_at_1"] == 2 * 2 / 2**8
    assert first.corrected["recall_at_1"] == 2 / 2**7


@pytest.mark.parametrize(
    "change, words",
    [
        ({"num_test_images": 7}, "the test images differ: 7 of 5 classes (bb)"),
        ({"protocol": "other"}, "the protocols differ: other (bb); each"),
        ({"dataset": "omniglot"}, "the data sets differ: omniglot (bb); dig"),
    ],
)
def test_runs_on_other_test_images_are_not_compared(measured, change, words):
    paths = [measured("a", WRONG), measured("bb", RIGHT)]
    change_result(paths[1], **change)
    (found,) = compared(paths)
    assert not found.differences
    assert found.problem.startswith(words)


def test_queries_in_another_order_are_not_compared(measured):
    paths = [measured("a", WRONG), measured("bb", RIGHT, order="other")]
    (found,) = compared(paths)
    assert found.problem == "their queries are others, or in another order"


def test_queries_of_other_classes_are_not_compared(measured, tmp_path):
    paths = [
        measured("a", WRONG),
        write_measured(tmp_path / "bb", RIGHT, LABELS[::-1], margin=0.7),
    ]
    (found,) = compared(paths)
    assert found.problem == "their queries are of other classes"


def test_a_run_without_values_of_queries_says_so(measured, tmp_path):
    paths = [measured("a", WRONG), write_run(tmp_path / "bb", margin=0.7)]
    (found,) = compared(paths)
    assert found.problem.startswith("bb has no values of single queries: ")


def test_whether_the_images_are_the_same_may_be_unknown(measured):
    paths = [measured("a", WRONG), measured("bb", RIGHT, order="")]
    assert not compared(paths)[0].is_checked
    paths = [paths[0], measured("ccc", RIGHT)]
    assert compared(paths)[0].is_checked


def test_runs_of_one_test_class_have_no_interval(tmp_path):
    paths = [
        write_measured(tmp_path / name, [1, 0, 1], [0, 0, 0], margin=margin)
        for name, margin in (("a", 0.1), ("b", 0.2))
    ]
    assert "needs two classes" in compared(paths)[0].problem


def test_groups_are_compared_seed_by_seed(seeds):
    (found,) = compared(seeds)
    assert (found.name, found.baseline) == ("learners", "control")
    assert found.runs == ["learners/0", "learners/1", "learners/2"]
    assert (found.over, found.num_units) == ("seeds", 3)
    # Differences 0.1, 0.2, 0.3: t = 0.2 / (0.1 / sqrt(3)) = 3.4641, whose
    # p-value with 2 degrees of freedom is 1 - t / sqrt(t**2 + 2).
    assert found.differences["recall_at_1"] == pytest.approx(
        (0.2, 0.2 - 0.248414, 0.2 + 0.248414, 1 - 3.4641 / 14**0.5), abs=1e-5
    )
    assert "nmi" in found.differences
    assert "nmi_std" not in found.differences


def test_one_seed_is_compared_with_the_run_of_that_seed(measured):
    paths = [
        measured("a/0", WRONG, margin=0.1, seed=0),
        measured("a/1", ONE_OF_TWO, margin=0.1, seed=1),
        measured("b/1", RIGHT, margin=0.2, seed=1),
        measured("c/5", RIGHT, margin=0.3, seed=5),
    ]
    same, other = compared(paths)
    assert (same.name, same.baseline) == ("b/1", "a/1")
    assert (other.name, other.baseline) == ("c/5", "a/0")


def test_runs_that_differ_in_their_seed_alone_are_compared(measured):
    paths = [
        measured(f"a{seed}", recalls, margin=0.1, seed=seed)
        for seed, recalls in enumerate((WRONG, ONE_OF_TWO, RIGHT))
    ]
    found = compared(paths)
    assert [one.name for one in found] == ["a1", "a2"]
    assert {one.baseline for one in found} == {"a0"}


def test_the_baseline_may_be_any_run(measured):
    runs = named([measured("a", WRONG), measured("bb", RIGHT)])
    groups = comparison.group_runs(runs)
    (found,) = comparison.compare_with(runs[1], runs, groups)
    assert (found.name, found.baseline) == ("a", "bb")
    assert found.differences["recall_at_1"].mean == -1.0


def test_a_run_without_settings_is_compared(measured):
    paths = [measured("a", WRONG), measured("bb", RIGHT)]
    (paths[1] / "config.json").unlink()
    change_result(paths[1], config={})
    assert compared(paths)[0].differences["recall_at_1"].mean == 1.0


def test_an_unfinished_run_is_not_compared(measured, tmp_path):
    paths = [measured("a", WRONG), measured("bb", RIGHT)]
    paths.insert(1, write_run(tmp_path / "ccc", finished=False))
    assert [one.name for one in compared(paths)] == ["bb"]


def test_values_are_read_once(measured, monkeypatch):
    read = []

    def counted(run):
        read.append(run.name)
        return query_values(run)

    query_values = verdicts.query_values
    monkeypatch.setattr(verdicts, "query_values", counted)
    compared(
        [measured("a", WRONG), measured("bb", RIGHT), measured("ccc", RIGHT)]
    )
    assert sorted(read) == ["a", "bb", "ccc"]
