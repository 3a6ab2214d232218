"""The model of the best epoch is kept."""

from __future__ import annotations

from dnc_keras import ClusterSampler
from dnc_keras._keras import keras
from dnc_keras.batches.wait_clock import WaitClock
from dnc_keras.runs import Recorder
from dnc_keras.runs import RunDirectory
from dnc_keras.runs import RunState


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
    recorder = Recorder(run, sampler, WaitClock(), state, monitor="score")
    model = _OneWeight()
    recorder.set_model(model)
    for epoch, score in enumerate([0.5, 0.9, 0.7, 0.9]):
        model.weight.assign(float(epoch))
        recorder.on_epoch_begin(epoch)
        recorder.on_epoch_end(epoch, {"score": score})
    assert (state.best_epoch, state.best) == (1, 0.9)
    assert run.best_model.read_text() == "1.0"
    assert run.last_model.read_text() == "3.0"
