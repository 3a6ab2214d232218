"""A run with a whole checkpoint goes on, whatever else is lost."""

from __future__ import annotations

import json
import logging
import shutil

import numpy as np
import pytest
from helpers.settings import SMALL
from helpers.training_runs import log_of
from helpers.training_runs import train
from helpers.training_runs import weights_of

from dnc_keras._keras import keras
from dnc_keras.arrays.workers import OneWorker
from dnc_keras.models.configured import build_configured_backbone
from dnc_keras.runs import RunDirectory
from dnc_keras.runs import RunState
from dnc_keras.runs.repair import repair_models
from dnc_keras.runs.trained import TrainedRun
from dnc_keras.support.whole_files import write_json
from dnc_keras.training import start


@pytest.fixture
def copy(control, tmp_path):
    """A finished run whose files a test may damage, and its result."""
    path = tmp_path / "run"
    shutil.copytree(control[0].path, path)
    return RunDirectory(path), control[1]


def lose(path, how):
    size = path.stat().st_size
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(
            path.read_bytes()[: 0 if how == "empty" else size // 2]
        )


@pytest.mark.parametrize("how", ["half", "gone"])
def test_all_but_a_checkpoint_may_be_lost(copy, classes, how, caplog):
    run, result = copy
    before = weights_of(run.last_model)
    newest = max(run.checkpoints.glob("*.npz"))
    older = min(run.checkpoints.glob("*.npz"))
    for path in run.path.rglob("*"):
        if path.is_file() and path not in (newest, older):
            lose(path, how)
    again = train(run.path, SMALL, data_dir=classes)
    assert again["test"] == result["test"]
    assert again["config"] == {**result["config"], "run_dir": str(run.path)}
    for one, other in zip(weights_of(run.last_model), before):
        np.testing.assert_array_equal(one, other)
    assert list(TrainedRun(run).assignments) == ([1] if how == "gone" else [0])
    for name in ("last.keras was lost", "config.json is lost", "epoch_000"):
        assert name in caplog.text


def test_an_older_checkpoint_trains_the_rest_again(copy, classes, caplog):
    run, result = copy
    before = weights_of(run.last_model)
    run.result.unlink()
    lose(max(run.checkpoints.glob("*.npz")), "half")
    lose(run.last_model, "empty")
    with caplog.at_level(logging.WARNING):
        again = train(run.path, SMALL, data_dir=classes)
    assert "Passed over the checkpoint" in caplog.text
    assert again["test"] == result["test"]
    for one, other in zip(weights_of(run.last_model), before):
        np.testing.assert_array_equal(one, other)
    assert [line["epoch"] for line in log_of(run)] == [0, 1]


def test_a_finished_run_without_its_model_gets_it_again(copy, classes):
    run, result = copy
    lose(run.last_model, "half")
    with pytest.raises(
        ValueError, match="Or start the command of the training"
    ):
        _ = TrainedRun(run).model
    assert train(run.path, SMALL, data_dir=classes)["test"] == result["test"]
    assert TrainedRun(run).model.built
    # Nobody knows who uses the first one.
    assert sorted(path.name for path in run.export.iterdir()) == ["1", "2"]
    # Once is enough.
    time = run.result.stat().st_mtime_ns
    train(run.path, SMALL, data_dir=classes)
    assert run.result.stat().st_mtime_ns == time


def test_a_resumed_run_needs_no_weights_to_start_from(
    copy, classes, monkeypatch, caplog
):
    run, result = copy
    run.result.unlink()

    def build(config):
        if config.weights:
            raise ConnectionError("weights=imagenet needs a connection.")
        return build_configured_backbone(config)

    monkeypatch.setattr(start, "build_configured_backbone", build)
    settings = {**SMALL, "backbone": "mobilenet", "weights": "imagenet"}
    with pytest.raises(ConnectionError):
        train(run.path.with_name("new"), settings, data_dir=classes)
    settings = {"data_dir": classes, "weights": "imagenet"}
    write_json(run.config, {**result["config"], **settings})
    again = train(run.path, SMALL, **settings)
    assert again["test"] == result["test"]
    assert "come from the checkpoint. weights=imagenet needs" in caplog.text


def test_a_checkpoint_without_a_config_refuses_other_settings(copy, classes):
    run, _ = copy
    run.config.unlink()
    run.result.unlink()
    with pytest.raises(ValueError, match="run with another seed"):
        train(run.path, SMALL, data_dir=classes, seed=1)


def test_the_best_model_is_not_replaced_in_silence(copy):
    run, result = copy
    text = json.loads(run.result.read_text())
    run.result.write_text(json.dumps({**text, "selection": "validation"}))
    with pytest.raises(ValueError, match="without best.keras. Or start"):
        _ = TrainedRun(run).model


@pytest.fixture
def saved(tmp_path):
    """The folder of a run, a model of one weight that is 2."""
    run = RunDirectory(tmp_path)
    run.checkpoints.mkdir()
    model = keras.Sequential(
        [keras.Input([1]), keras.layers.Dense(1, use_bias=False)]
    )
    model.set_weights([np.float32([[2.0]])])
    return run, model


def repaired(saved, **state):
    run, model = saved
    state = RunState(**state)
    repair_models(run, model, state, OneWorker())
    found = {path.stem: weights_of(path) for path in run.checkpoints.iterdir()}
    assert model.get_weights() == [[[2.0]]]
    return state, {name: value[0][0, 0] for name, value in found.items()}


def test_the_best_model_is_saved_again_if_it_is_the_last(saved):
    state, found = repaired(saved, epoch=3, best=0.5, best_epoch=2)
    assert found == {"last": 2.0, "best": 2.0}
    assert state.best_epoch == 2


def test_a_best_epoch_whose_model_is_lost_is_forgotten(saved, caplog):
    state, found = repaired(saved, epoch=3, best=0.5, best_epoch=1)
    assert found == {"last": 2.0}
    assert (state.best, state.best_epoch) == (None, None)
    assert "the best model, of epoch 1. The best one of the" in caplog.text


def test_within_an_epoch_the_model_is_of_none(saved):
    state, found = repaired(saved, epoch=3, step=1, best=0.5, best_epoch=2)
    assert found == {}
    assert state.best_epoch is None


def test_a_run_that_has_just_begun_has_lost_nothing(saved, caplog):
    assert repaired(saved)[1] == {}
    assert caplog.text == ""
