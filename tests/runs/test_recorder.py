"""What is recorded of a training run is whole, whenever it breaks."""

from __future__ import annotations

import resource

import numpy as np
import pytest

from dnc_keras import ClusterSampler
from dnc_keras._keras import keras
from dnc_keras.batches.wait_clock import WaitClock
from dnc_keras.runs import Recorder
from dnc_keras.runs import RunDirectory
from dnc_keras.runs import RunState

LABELS = np.repeat(np.arange(4), 4)


@pytest.fixture
def no_room():
    """Function that lets no file grow beyond 5,000 bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5000, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_model_that_cannot_be_saved_leaves_the_one_before(tmp_path, no_room):
    run = RunDirectory(tmp_path / "run")
    sampler = ClusterSampler(LABELS, 1, batch_size=4, samples_per_class=2)
    recorder = Recorder(run, sampler, WaitClock(), RunState())
    inputs = keras.Input([100])
    recorder.set_model(keras.Model(inputs, keras.layers.Dense(100)(inputs)))
    with run.claim({}):
        recorder.on_train_begin()
        recorder.on_epoch_begin(0)
        recorder.on_epoch_end(0, {"loss": 1.0})
        saved = run.last_model.read_bytes()
        files = sorted(run.path.rglob("*"))
        no_room()
        with pytest.raises(OSError, match="File too large"):
            recorder.on_epoch_end(1, {"loss": 1.0})
        assert run.last_model.read_bytes() == saved
        assert sorted(run.path.rglob("*")) == files
