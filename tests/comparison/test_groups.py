"""Runs are grouped by seed, and groups compared."""

from __future__ import annotations

import pytest
from helpers.compared_runs import change_result
from helpers.compared_runs import named
from helpers.compared_runs import write_run

from dnc_keras import comparison


def test_runs_that_differ_in_their_seed_are_a_group(seeds):
    control, learners = comparison.group_runs(named(seeds))
    assert (control.name, learners.name) == ("control", "learners")
    assert control.seeds == ["0", "1", "2"]
    assert control.mean()["recall_at_1"] == pytest.approx(0.5)
    assert control.deviation()["recall_at_1"] == pytest.approx(0.1)
    assert learners.mean()["recall_at_1"] == pytest.approx(0.7)
    assert learners.deviation()["recall_at_1"] == pytest.approx(0.2)


def test_groups_are_compared_seed_by_seed(seeds):
    control, learners = comparison.group_runs(named(seeds))
    pairs, differences = learners.difference(control)
    assert pairs == ["0", "1", "2"]
    # Differences 0.1, 0.2, 0.3; t(0.975, 2) = 4.30265, error 0.1 / sqrt(3).
    assert differences["recall_at_1"] == pytest.approx(
        (0.2, 0.2 - 0.248414, 0.2 + 0.248414), abs=1e-5
    )
    assert differences["nmi"] == (0.0, 0.0, 0.0)


def test_only_seeds_of_both_groups_are_compared(seeds):
    control, learners = comparison.group_runs(named(seeds[:2] + seeds[4:]))
    pairs, differences = learners.difference(control)
    assert pairs == ["1"]
    assert differences["recall_at_1"].mean == pytest.approx(0.2)


def test_groups_without_a_common_seed_are_not_compared(seeds):
    control, learners = comparison.group_runs(named(seeds[:2] + seeds[5:]))
    assert learners.difference(control) is None


def test_groups_of_other_test_images_are_not_compared(seeds):
    for path in seeds[3:]:
        change_result(path, num_test_images=7)
    control, learners = comparison.group_runs(named(seeds))
    assert learners.difference(control) is None


def test_runs_on_other_test_sets_have_no_mean_but_make_pairs(seeds):
    for path in seeds:
        change_result(path, test_set=f"of seed {path.name}")
    groups = comparison.group_runs(named(seeds))
    control, learners = groups
    assert control.mean() == control.deviation() == {}
    _, differences = learners.difference(control)
    assert differences["recall_at_1"].mean == pytest.approx(0.2)
    assert comparison.refused_means(groups)[0] == (
        "not averaged: control: its runs were measured on different test "
        "images. Train with one --split_seed, the same for all seeds."
    )


def test_runs_on_one_test_set_have_a_mean(seeds):
    for path in seeds:
        change_result(path, test_set="one")
    groups = comparison.group_runs(named(seeds))
    assert groups[0].mean()["recall_at_1"] == pytest.approx(0.5)
    assert comparison.refused_means(groups) == []


def test_a_pair_on_other_test_sets_is_no_pair(seeds):
    for path in seeds[3:]:
        change_result(path, test_set="another")
    for path in seeds[:3]:
        change_result(path, test_set="one")
    control, learners = comparison.group_runs(named(seeds))
    assert learners.difference(control) is None


@pytest.mark.parametrize(
    "settings, is_averaged",
    [
        ({"dataset": "folder"}, False),
        ({"dataset": "tfds:flowers"}, False),
        ({"dataset": "tfds:flowers", "split": "own"}, True),
        ({"dataset": "folder", "test_classes": "a,b"}, True),
        ({"dataset": "folder", "split_seed": 0}, True),
        ({"dataset": "cars196"}, True),
    ],
)
def test_an_earlier_version_drew_test_classes_by_the_seed(
    tmp_path, settings, is_averaged
):
    paths = [
        write_run(tmp_path / str(seed), seed=seed, **settings)
        for seed in (0, 1)
    ]
    (group,) = comparison.group_runs(named(paths))
    assert bool(group.mean()) == is_averaged


def test_a_seed_that_was_run_twice_makes_no_pairs(tmp_path, seeds):
    again = write_run(tmp_path / "control" / "again", num_learners=1)
    control, learners = comparison.group_runs(named([*seeds, again]))
    assert len(control.finished) == 4
    assert learners.difference(control) is None


@pytest.mark.parametrize(
    "names, expected",
    [
        (("cvpr2019/0", "cvpr2019/1"), "cvpr2019"),
        (("digits", "digits-2"), "digits"),
        (("seed10", "seed11"), "seed"),
        (("a", "b"), "a +1"),
    ],
)
def test_a_group_has_what_its_names_have_in_common(tmp_path, names, expected):
    paths = [
        write_run(tmp_path / name, seed=seed) for seed, name in enumerate(names)
    ]
    other = write_run(tmp_path / "other", margin=0.7)
    group, _ = comparison.group_runs(named([*paths, other]))
    assert group.name == expected
