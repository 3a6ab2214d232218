"""What is recorded of a training run is whole, whenever it breaks."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.full_disk import no_file_beyond

from dnc_keras import ClusterSampler
from dnc_keras._keras import keras
from dnc_keras.batches.wait_clock import WaitClock
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
    recorder = Recorder(run, state, sampler, WaitClock(), monitor="score")
    model = _OneWeight()
    recorder.set_model(model)
    for epoch, score in enumerate([0.5, 0.9, 0.7, 0.9]):
        model.weight.assign(float(epoch))
        recorder.on_epoch_begin(epoch)
        recorder.on_epoch_end(epoch, {"score": score})
    assert (state.best_epoch, state.best) == (1, 0.9)
    assert run.best_model.read_text() == "1.0"
    assert run.last_model.read_text() == "3.0"
