"""A run is read from its folder, however much of it is there."""

from __future__ import annotations

import pytest
from helpers.compared_runs import change_result
from helpers.compared_runs import read
from helpers.compared_runs import write_run


def test_settings_are_those_of_the_result_without_a_config(tmp_path):
    (write_run(tmp_path / "a", margin=0.7) / "config.json").unlink()
    (run,) = read(tmp_path / "a")
    assert run.settings["margin"] == 0.7
    assert run.problems == ()


@pytest.mark.parametrize(
    "file, text, problem",
    [
        ("config.json", "{", "config.json cannot be read"),
        ("config.json", "[1]", "config.json cannot be read"),
        ("result.json", "null", "result.json cannot be read"),
        (
            "log.jsonl",
            '{"epoch": 0}\n{"ep',
            "log.jsonl cannot be read in line 2",
        ),
        (
            "log.jsonl",
            "x\n3\n",
            "log.jsonl cannot be read in line 1 and 1 more",
        ),
        ("log.jsonl", "\xff\n", "log.jsonl cannot be read in line 1"),
    ],
)
def test_a_broken_file_is_told_and_left_out(tmp_path, file, text, problem):
    path = write_run(tmp_path / "a")
    (path / file).write_bytes(text.encode("latin-1"))
    (run,) = read(path)
    assert run.problems == (problem,)
    assert run.is_finished == (file != "result.json")


@pytest.mark.parametrize(
    "changes",
    [
        {"test": None},
        {"test": {"recall_at_1": "high", "nmi": None}},
        {"test": {"recall_at_1": float("nan")}},
    ],
)
def test_a_result_without_numbers_is_unfinished(tmp_path, changes):
    change_result(write_run(tmp_path / "a"), **changes)
    assert not read(tmp_path / "a")[0].is_finished


def test_values_of_a_wrong_kind_are_left_out(tmp_path):
    path = write_run(tmp_path / "a", intervals={"recall_at_1": 3, "nmi": [1]})
    change_result(path, seconds=[1], versions="none")
    (run,) = read(path)
    assert (run.intervals, run.seconds, run.versions) == ({}, {}, {})
    assert run.total_seconds is None
