"""Runs as tables of text."""

from __future__ import annotations

from helpers.compared_runs import read
from helpers.compared_runs import write_run

from dnc_keras.comparison import tables


def test_the_total_has_no_second_twice(tmp_path):
    # Waiting for images is part of training: 10 + 3 + 2.
    runs = read(write_run(tmp_path / "a"))
    header, rows = tables.training_table(runs)
    assert rows[0][1:] == ["2", "1", "10.0", "3.0", "2.0", "9.0", "15.0"]
    assert header[1:3] == ["epochs", "selected"]
    assert header[-2:] == ["input_wait", "total"]


def test_intervals_stand_below_their_metrics(tmp_path):
    runs = read(
        write_run(tmp_path / "a", intervals={"recall_at_1": [0.45, 0.5504]}),
        write_run(tmp_path / "old"),
    )
    assert tables.metrics_table(runs) == (
        ["", "R@1", "NMI"],
        [
            ["a", "0.5000", "0.5000"],
            ["", "0.450-0.550", ""],
            ["old", "0.5000", "0.5000"],
        ],
    )


def test_a_wide_table_goes_on_below():
    lines = tables.format_table(
        ["", "first", "second"], [["a", "1", "2"], ["longer", "3", "4"]], 16
    )
    assert lines == [
        "        first",
        "a           1",
        "longer      3",
        "",
        "        second",
        "a            2",
        "longer       4",
    ]
