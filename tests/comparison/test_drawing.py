"""Runs as curves."""

from __future__ import annotations

import pytest
from helpers.compared_runs import read
from helpers.compared_runs import write_run


def test_a_run_without_validation_has_a_curve_of_its_loss(tmp_path):
    pytest.importorskip("matplotlib")
    from dnc_keras.comparison import drawing

    write_run(tmp_path / "a")
    write_run(tmp_path / "b")
    (tmp_path / "b" / "log.jsonl").write_text('{"epoch": 0, "loss": 0.5}\n')
    a, b = read(tmp_path / "a", tmp_path / "b")
    assert drawing.curves_of([a, b]) == {
        "val_recall_at_1": {a: {0: 0.25, 1: 0.25}},
        "loss": {b: {0: 0.5}},
    }
