"""The numbers of a run."""

from __future__ import annotations

import json

import pytest
from helpers.reported_run import RESULT
from helpers.reported_run import page_of
from helpers.reported_run import write_reported_run


def test_metrics_stand_in_percent_before_and_after_training(run):
    rows = page_of(run).rows
    assert ["", "before", "after", "95% interval"] in rows
    assert ["Recall@1", "25.0", "75.0", "50.0 to 87.5"] in rows
    assert ["NMI", "", "62.5", ""] in rows


def test_another_run_stands_beside(run, tmp_path, data_dir):
    other = write_reported_run(tmp_path / "control", data_dir)
    changed = {**RESULT, "test": {"recall_at_1": 0.5}}
    other.result.write_text(json.dumps(changed))
    rows = page_of(run, None, other).rows
    assert ["Recall@1", "25.0", "75.0", "50.0 to 87.5", "50.0", "+25.0"] in rows


def test_queries_that_were_left_out_are_told(run):
    told = {"num_queries": 9, "num_queries_left_out": 2}
    because = {"left_out_because": "one camera (2)"}
    run.result.write_text(json.dumps({**RESULT, **told, **because}))
    page_of(run)
    assert "Left out: 2 of 9 queries: one camera (2)." in (
        run.report.read_text(encoding="utf-8")
    )


@pytest.mark.parametrize("name", ["protocol", "test_set"])
def test_a_run_of_another_test_is_not_to_be_compared(run, tmp_path, name):
    run.result.write_text(json.dumps({**RESULT, "test_set": "1f"}))
    other = write_reported_run(tmp_path / "control", tmp_path / "images")
    other.result.write_text(json.dumps({**RESULT, name: "another one"}))
    page = page_of(run, None, other)
    assert any("measured otherwise" in text for text in page.missing)


def test_a_run_that_does_not_say_its_test_images_is_compared(run, tmp_path):
    run.result.write_text(json.dumps({**RESULT, "test_set": "1f"}))
    other = write_reported_run(tmp_path / "control", tmp_path / "images")
    page = page_of(run, None, other)
    assert not any("measured otherwise" in text for text in page.missing)


def test_each_epoch_has_a_row_with_gaps_for_what_it_has_not(run):
    rows = page_of(run).rows
    header = rows.index(["epoch", "loss", "val_recall_at_1"])
    assert rows[header + 1 : header + 3] == [
        ["0", "0.5", ""],
        ["1", "", "0.125"],
    ]


def test_counts_seconds_and_versions_are_told(run):
    rows = page_of(run).rows
    for row in (
        ["num_train_images", "10"],
        ["train", "12.3"],
        ["recluster", "1,000.0"],
        ["keras", "keras 3.6.0"],
    ):
        assert row in rows
