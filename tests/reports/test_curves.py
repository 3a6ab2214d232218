"""Curves by epoch, and the phases behind them."""

from __future__ import annotations

import json

import pytest

from dnc_keras import TrainConfig
from dnc_keras.reports.curves import curves
from dnc_keras.reports.curves import phases
from dnc_keras.runs.trained import TrainedRun


def test_curves_count_epochs_as_the_log_does(run):
    figure = curves(TrainedRun(run))["figure"]
    traces = {trace["name"]: trace for trace in figure["data"]}
    assert (traces["loss"]["x"], traces["loss"]["y"]) == ([0], [0.5])
    recall = traces["Recall@1"]
    assert (recall["x"], recall["y"]) == ([1], [12.5])
    lines = [s["x0"] for s in figure["layout"]["shapes"] if s["type"] == "line"]
    assert lines == [-0.5, 1.5]


def test_the_metric_that_chose_the_epoch_is_drawn_at_first(run):
    config = json.loads(run.config.read_text())
    run.config.write_text(json.dumps({**config, "monitor": "map_at_r"}))
    line = {"epoch": 0, "loss": 1.0, "val_recall_at_1": 1, "val_map_at_r": 0.5}
    run.log.write_text(json.dumps(line) + "\n")
    traces = curves(TrainedRun(run))["figure"]["data"]
    assert [(trace["name"], trace["visible"]) for trace in traces] == [
        ("MAP@R", True),
        ("Recall@1", "legendonly"),
        ("loss", True),
    ]


@pytest.mark.parametrize(
    "changes, expected",
    [
        (
            {},
            [
                ("learners", 0, 4),
                ("whole embedding", 4, 9),
                ("one cluster", 9, 10),
            ],
        ),
        (
            {"one_cluster_from": 0.2},
            [("learners", 0, 2), ("one cluster", 2, 10)],
        ),
        ({"num_learners": 1}, [("one learner", 0, 10)]),
    ],
)
def test_phases_are_those_of_the_training(changes, expected):
    settings = {"epochs": 10, "one_cluster_from": 0.9, **changes}
    assert phases(TrainConfig(**settings)) == expected
