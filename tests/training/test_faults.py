"""Whatever breaks in a training: it says so, and what was saved is whole."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
from helpers.full_disk import room_again
from helpers.image_files import write_classes
from helpers.moments import At
from helpers.settings import SMALL
from helpers.training_runs import train as train_in
from helpers.training_runs import weights_of

from dnc_keras._keras import keras
from dnc_keras.runs import Checkpoints
from dnc_keras.runs import RunDirectory

NUM_STEPS = 4
SETTINGS = {
    **SMALL,
    "epochs": 3,
    "steps_per_epoch": NUM_STEPS,
    "checkpoint_every": 2,
    "evaluate_before": False,
}
FULL = "must have room to be written. Received: File too large. Make room, then"


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """Class folders of its own, as a test takes an image away."""
    return write_classes(tmp_path_factory.mktemp("classes"))


@pytest.fixture
def train(classes, tmp_path):
    def train(*callbacks, run_dir=tmp_path / "run"):
        return train_in(run_dir, SETTINGS, callbacks, data_dir=str(classes))

    return train


@pytest.fixture(scope="module")
def last_weights(classes, tmp_path_factory):
    """Those of a training in which nothing breaks."""
    path = tmp_path_factory.mktemp("whole") / "run"
    train_in(path, SETTINGS, data_dir=str(classes))
    return _last_weights(path)


def _last_weights(run_dir):
    return weights_of(RunDirectory(run_dir).last_model)


def _assert_goes_on(train, tmp_path, expected):
    train()
    for weight, other in zip(_last_weights(tmp_path / "run"), expected):
        np.testing.assert_array_equal(weight, other, strict=True)
    log = RunDirectory(tmp_path / "run").log.read_text()
    assert log.count("\n") == SETTINGS["epochs"]


@pytest.mark.parametrize(
    ("epoch", "batch", "size"),
    [(1, 0, 5_000), (1, 2, 300), (2, NUM_STEPS - 1, 50_000)],
    ids=["checkpoint", "log", "model"],
)
def test_a_full_disk_stops_and_loses_nothing(
    train, tmp_path, last_weights, epoch, batch, size
):
    with pytest.raises(OSError, match=FULL), room_again() as limit:
        train(At(lambda: limit(size), epoch, batch))
    _, facts = Checkpoints(tmp_path / "run" / "checkpoints").load()
    assert facts["epoch"] == epoch
    _assert_goes_on(train, tmp_path, last_weights)


def test_a_full_disk_stops_the_export(train, tmp_path, last_weights):
    class Ended(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            limit(10_000)

    with pytest.raises(OSError, match=FULL), room_again() as limit:
        train(Ended())
    assert list((tmp_path / "run" / "export").iterdir()) == []
    _assert_goes_on(train, tmp_path, last_weights)
    assert (tmp_path / "run" / "export" / "1" / "saved_model.pb").exists()


@pytest.mark.parametrize("run_dir", ["/sys/dnc_keras", __file__ + "/run"])
def test_a_folder_that_cannot_be_written_is_refused(train, run_dir):
    with pytest.raises(
        ValueError, match="must be a folder that can be written"
    ):
        train(run_dir=run_dir)
    assert not pathlib.Path(run_dir).exists()


def test_an_image_that_disappears_is_named(
    train, tmp_path, classes, last_weights
):
    image = classes / "c0" / "0.png"
    contents = image.read_bytes()
    try:
        with pytest.raises(ValueError, match=f"the first is {image}"):
            train(At(image.unlink, 0))
    finally:
        image.write_bytes(contents)
    _assert_goes_on(train, tmp_path, last_weights)


def test_weights_that_are_no_numbers_are_not_saved(train, tmp_path):
    def spoil():
        weights = callback.model.get_weights()
        callback.model.set_weights([np.inf * weight for weight in weights])

    callback = At(spoil, epoch=1, batch=1)
    with pytest.raises(FloatingPointError) as raised:
        train(callback)
    assert str(raised.value) == (
        "Weights must be finite numbers. Received: NaN or infinite weights in "
        "epoch 1 after step 2, which were not saved. Lower the learning rate."
    )
    arrays, facts = Checkpoints(tmp_path / "run" / "checkpoints").load()
    assert (facts["epoch"], facts["step"]) == (1, 0)
    assert all(np.isfinite(array).all() for array in arrays.values())
