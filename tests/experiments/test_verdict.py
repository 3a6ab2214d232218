"""What an experiment says, by intervals computed by hand."""

from __future__ import annotations

import pytest

from dnc_keras.experiments import verdict

NONE = (
    "No variant is better than the control (all intervals of R@1 include 0 or "
    "lie below)."
)


def test_an_interval_above_zero_is_better(group):
    control = group("control", [0.5, 0.5, 0.5])
    # 0.01, 0.02, 0.03: the mean is 0.02, the error 0.01 / sqrt(3), and
    # Student's t of 2 degrees of freedom 4.30265: the half is 0.0248414.
    # 0.03, 0.04, 0.05: the same about 0.04.
    unsure = group("unsure", [0.51, 0.52, 0.53])
    assert verdict.verdict_of([control, unsure]) == [NONE]
    better = group("better", [0.53, 0.54, 0.55])
    told = "better is better than the control by 4.0 points of R@1 (1.5 to 6.5)"
    assert verdict.verdict_of([control, better]) == [f"{told}."]
    assert verdict.verdict_of([control, unsure, better]) == [
        f"{told}.",
        "2 variants were compared: of 40 that are as good as the control one "
        "is called better by chance.",
    ]


def test_an_interval_below_zero_is_worse(group):
    control = group("control", [0.5, 0.5, 0.5])
    worse = group("worse", [0.47, 0.46, 0.45])
    assert verdict.verdict_of([control, worse]) == [
        NONE,
        "worse is worse than the control by 4.0 points of R@1 (1.5 to 6.5).",
    ]


def test_equal_runs_are_no_better(group):
    control, same = group("control", [0.5, 0.6]), group("same", [0.5, 0.6])
    assert verdict.verdict_of([control, same]) == [NONE]


def test_one_seed_tells_nothing(group):
    control, other = group("control", [0.5]), group("other", [0.9])
    assert verdict.verdict_of([control, other]) == [
        "One seed tells no difference from chance: use 3 or more."
    ]


def test_a_variant_of_one_seed_is_named_among_others(group):
    control = group("control", [0.5, 0.5, 0.5])
    lines = verdict.verdict_of(
        [control, group("short", [0.9]), group("x", [0.5, 0.5, 0.5])]
    )
    assert lines == [NONE, "short has one seed: no difference is told."]


def test_what_has_no_result_is_named(group):
    control, broken = group("control", [0.5, 0.5]), group("broken", [])
    lines = verdict.verdict_of([control, broken, group("x", [0.5, 0.5])])
    assert lines == ["broken has no result.", NONE]
    assert verdict.verdict_of([broken, control]) == [
        "The control has no result: nothing can be compared."
    ]


def test_nothing_but_failures_is_no_verdict_of_no_difference(group):
    control, broken = group("control", [0.5, 0.5]), group("broken", [])
    assert verdict.verdict_of([control, broken]) == ["broken has no result."]


def test_the_winner_is_that_of_validation_and_not_of_test(group):
    control = group("control", [0.5, 0.5], [0.5, 0.5])
    on_test = group("on_test", [0.9, 0.9], [0.25, 0.25])
    on_validation = group("on_validation", [0.1, 0.1], [0.625, 0.75])
    winner = verdict.winner_of([control, on_test, on_validation])
    assert winner.group is on_validation
    assert winner.value == pytest.approx(0.6875)
    assert winner.difference.mean == pytest.approx(0.1875)
    assert winner.seeds == ["0", "1"]
    # t of one degree of freedom is 12.7062, the error 0.0625.
    assert verdict.winner_told(winner, control) == (
        "Chosen on validation classes only, never on test classes: "
        "on_validation (R@1 68.8, +18.8 to the control, -60.7 to +98.2). "
        "These seeds do not tell it from the control there."
    )


def test_equal_validation_classes_are_told(group):
    control = group("control", [0.5, 0.5], [1.0, 1.0])
    winner = verdict.winner_of([control, group("x", [0.5, 0.5], [1.0, 1.0])])
    assert winner.group is control
    assert verdict.winner_told(winner, control).endswith(
        "control (R@1 100.0). 2 variants are equal there, and the first is "
        "taken: hold out more classes by --validation_fraction."
    )


def test_of_equal_recall_that_with_the_better_map_wins(group):
    control = group("control", [0.5], [1.0], maps=[0.5])
    better = group("better", [0.5], [1.0], maps=[0.75])
    same = group("same", [0.5], [1.0], maps=[0.75])
    winner = verdict.winner_of([control, better, same])
    assert (winner.group, winner.num_equal) == (better, 2)


def test_the_winner_is_that_of_the_metric_that_chose_the_epochs(group):
    control = group("control", [0.5], [1.0], maps=[0.5], monitor="map_at_r")
    other = group("other", [0.5], [0.75], maps=[0.75], monitor="map_at_r")
    winner = verdict.winner_of([control, other])
    assert verdict.winner_told(winner, control).startswith(
        "Chosen on validation classes only, never on test classes: other "
        "(MAP@R 75.0, +25.0 to the control)."
    )


def test_other_test_classes_for_each_seed_are_told(group):
    control = group("control", [0.5, 0.5], dataset="folder")
    assert verdict.verdict_of([control])[0].startswith("not averaged: control")


def test_a_winner_is_chosen_by_the_seeds_that_all_have(group):
    control = group("control", [0.5, 0.5], [0.5, 0.5])
    lucky = group("lucky", [0.5, 0.5], [0.25, 1.0])
    short = group("short", [0.5], [0.375])
    winner = verdict.winner_of([control, lucky, short])
    assert winner.group is control
    assert winner.seeds == ["0"]
    assert verdict.winner_told(winner, control).endswith("control (R@1 50.0).")


def test_a_damaged_log_is_named(group):
    control = group("control", [0.5, 0.5])
    (run, _) = control.runs
    run.log.pop()
    with pytest.raises(ValueError, match="none of epoch 1 in .*control-0. Rem"):
        verdict.winner_of([control])


def test_without_a_control_nothing_wins(group):
    assert verdict.winner_of([group("control", []), group("x", [0.5])]) is None
