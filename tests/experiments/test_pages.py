"""The pages of an experiment."""

from __future__ import annotations

import csv
import json
import math
import pathlib

import pytest

from dnc_keras import comparison
from dnc_keras.experiments import pages

RESULTS = pathlib.Path(__file__).parents[2] / "docs" / "results"


def test_epochs_count_until_the_goal_is_reached():
    assert pages.epochs_to_reach([1, 3, 2, 4], goal=3) == 2
    assert pages.epochs_to_reach([1, 2], goal=3) == math.inf


@pytest.mark.parametrize(
    "name",
    ["omniglot", "omniglot_contrastive", "cars196", "cars196_contrastive"],
)
def test_the_kept_results_give_the_kept_page(name):
    kept = (RESULTS / f"{name}.md").read_text(encoding="utf-8")
    rows = [x.split(" | ")[0][2:] for x in kept.splitlines() if x[:2] == "| "]
    folders = {v: RESULTS / name / v for v in rows[2:]}
    groups = [
        comparison.Group(
            variant, [comparison.read_run(f / str(seed)) for seed in range(3)]
        )
        for variant, f in folders.items()
    ]
    assert groups[0].name == "control"
    assert pages.markdown(groups) == kept


def test_a_row_has_all_that_is_known(group):
    control = group("control", [0.5, 0.5, 0.5], [0.5, 0.5, 0.5])
    other = group("other", [0.53, 0.54, 0.55], [0.5, 0.75, 0.25])
    *_, row = pages.markdown([control, other]).splitlines()
    assert row.split(" | ") == [
        "| other",
        "0, 1, 2",
        "54.0 ± 1.0",
        "",
        "50.0 ± 0.0",
        "+4.0 (+1.5 to +6.5)",
        "",
        "+0.0 (+0.0 to +0.0)",
        "50.0 ± 25.0",
        "1, 1, 1",
        "2, 2, never of 2",
        "0.2 |",
    ]


def test_one_seed_has_neither_spread_nor_interval(group):
    groups = [group("control", [0.5]), group("other", [0.75])]
    text = pages.markdown(groups)
    assert "| other | 0 | 75.0 |  | 50.0 | +25.0 |  | +0.0 | 25.0 |" in text
    assert "±" not in text


def test_variants_without_a_result_have_no_row(group):
    text = pages.markdown([group("control", [0.5]), group("broken", [])])
    assert "broken has no result." in text
    assert "| broken" not in text


def test_the_last_epochs_are_compared_where_all_runs_have_them(group):
    control, other = group("control", [0.5] * 3), group("other", [0.75] * 3)
    assert "equal steps" not in pages.markdown([control, other])
    assert "equal steps" not in pages.markdown([group("failed", [])])
    for runs, values in ((control, [0.4] * 3), (other, [0.38, 0.39, 0.4])):
        for run, value in zip(runs.runs, values):
            run.result["last"] = {"recall_at_1": value}
    *_, caption, table = pages.markdown([control, other]).split("\n\n")
    assert caption.startswith("After equal steps")
    assert table.splitlines()[-1] == (
        "| other | 0, 1, 2 | 39.0 ± 1.0 |  |  | -1.0 (-3.5 to +1.5) |  |  |"
    )


def test_files_for_other_programs(group, tmp_path):
    groups = [
        group("control", [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
        group("other", [0.53, 0.54, 0.55]),
        group("broken", []),
    ]
    pages.write_tables(tmp_path, "mine", groups, {"broken-0": "error: bad"})
    content = json.loads((tmp_path / "experiment.json").read_text())
    assert content["format_version"] == 1
    assert content["plan"] == "mine"
    assert content["chosen_on_validation"] == "control"
    assert content["failed"] == {"broken-0": "error: bad"}
    assert content["verdict"][0] == "broken has no result."
    other = content["variants"][1]
    found = other["difference"]["metrics"]["recall_at_1"]
    assert found["low"] == pytest.approx(0.04 - 0.0248414, abs=1e-6)
    assert [run["validation"] for run in other["runs"]] == [0.25] * 3
    with open(tmp_path / "experiment.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["group"] for row in rows] == ["control"] * 3 + ["other"] * 3
