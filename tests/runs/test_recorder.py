"""What is recorded of a training run is whole, whenever it breaks."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from helpers.full_disk import no_file_beyond

from dnc_keras import ClusterSampler
from dnc_keras._keras import keras
from dnc_keras.batches.wait_clock import WaitClock
from dnc_keras.metrics.monitor import Monitor
from dnc_keras.runs import Recorder
from dnc_keras.runs import RunDirectory
from dnc_keras.runs import RunState

LABELS = np.repeat(np.arange(4), 4)


def test_a_model_that_cannot_be_saved_leaves_the_one_before(tmp_path):
    run = RunDirectory(tmp_path / "run")
    sampler = ClusterSampler(LABELS, 1, batch_size=4, samples_per_class=2)
    recorder = Recorder(run, RunState(), sampler, WaitClock())
    inputs = keras.Input([100])
    recorder.set_model(keras.Model(inputs, keras.layers.Dense(100)(inputs)))
    with run.claim({}):
        recorder.on_train_begin()
        recorder.on_epoch_begin(0)
        recorder.on_epoch_end(0, {"loss": 1.0})
        saved = run.last_model.read_bytes()
        files = sorted(run.path.rglob("*"))
        broken = pytest.raises(OSError, match="File too large")
        with broken, no_file_beyond(5000):
            recorder.on_epoch_end(1, {"loss": 1.0})
        assert run.last_model.read_bytes() == saved
        assert sorted(run.path.rglob("*")) == files


class _OneWeight(keras.Model):
    """Stands in for a model: a number that can be saved."""

    def __init__(self):
        super().__init__()
        self.weight = self.add_weight(shape=(), name="weight")

    def save(self, path):
        path.write_text(str(float(self.weight.numpy())))


def test_the_best_epoch_s_weights_are_kept(tmp_path):
    run = RunDirectory(tmp_path)
    run.assignments.mkdir()
    run.checkpoints.mkdir()
    sampler = ClusterSampler([0, 0, 1, 1], 1, 4, 2)
    state = RunState()
    monitor = Monitor("score")
    recorder = Recorder(run, state, sampler, WaitClock(), monitor=monitor)
    model = _OneWeight()
    recorder.set_model(model)
    for epoch, score in enumerate([0.5, 0.9, 0.7, 0.8]):
        model.weight.assign(float(epoch))
        recorder.on_epoch_begin(epoch)
        recorder.on_epoch_end(epoch, {"score": score})
    assert (state.best_epoch, state.best) == (1, 0.9)
    assert run.best_model.read_text() == "1.0"
    assert run.last_model.read_text() == "3.0"


def _record(path, recalls, precisions, state=None, first_epoch=0):
    """Records epochs of given validation metrics; returns the `RunState`."""
    run, state = RunDirectory(path), state or RunState()
    run.assignments.mkdir(exist_ok=True)
    run.checkpoints.mkdir(exist_ok=True)
    recorder = Recorder(run, state, monitor=Monitor())
    recorder.set_model(_OneWeight())
    for number, (recall, precision) in enumerate(zip(recalls, precisions)):
        epoch = first_epoch + number
        recorder.on_epoch_begin(epoch)
        logs = {"val_recall_at_1": recall, "val_map_at_r": precision}
        recorder.on_epoch_end(epoch, logs)
    return state


def test_of_epochs_with_equal_recall_that_with_the_better_map_is_kept(tmp_path):
    state = _record(tmp_path, [0.5, 1.0, 1.0, 1.0], [0.9, 0.6, 0.8, 0.7])
    assert (state.best_epoch, state.best, state.best_tie) == (2, 1.0, 0.8)


def test_of_equal_epochs_the_last_is_kept(tmp_path):
    state = _record(tmp_path, [1.0, 1.0, 0.9], [0.8, 0.8, 0.9])
    assert state.best_epoch == 1


def test_a_map_that_is_no_number_is_the_worst(tmp_path):
    state = _record(tmp_path, [1.0, 1.0], [0.8, math.nan])
    assert (state.best_epoch, state.best_tie) == (0, 0.8)


def test_a_run_that_is_resumed_knows_the_map_of_its_best_epoch(tmp_path):
    state = RunState()
    before = _record(tmp_path, [1.0, 0.9], [0.8, 0.9])
    state.replace(json.loads(json.dumps(vars(before))))
    _record(tmp_path, [1.0], [0.7], state, first_epoch=2)
    assert state.best_epoch == 0
    _record(tmp_path, [1.0], [0.8], state, first_epoch=3)
    assert state.best_epoch == 3


def test_a_measure_that_cannot_rise_is_told_once(tmp_path, caplog):
    _record(tmp_path, [0.9, 1.0, 1.0], [0.5, 0.6, 0.7])
    assert [r.getMessage() for r in caplog.records] == [
        "val_recall_at_1 is 1 and cannot become better. Of such epochs that "
        "with the best val_map_at_r is kept, and of equal ones the last. Use "
        "--monitor=map_at_r, or hold out more classes: --validation_fraction."
    ]
