"""Whatever breaks in a training: it says so, and what was saved is whole."""

from __future__ import annotations

import pathlib
import resource

import numpy as np
import pytest
import tensorflow as tf
from helpers.moments import At

from dnc_keras import TrainConfig
from dnc_keras import training
from dnc_keras._keras import keras
from dnc_keras.runs import Checkpoints
from dnc_keras.runs import RunDirectory

NUM_STEPS = 4
SETTINGS = {
    "dataset": "folder",
    "backbone": "small_cnn",
    "weights": "",
    "train_batch_norm": True,
    "image_size": 8,
    "center_crop": 1.0,
    "embedding_dim": 8,
    "num_learners": 1,
    "epochs": 3,
    "steps_per_epoch": NUM_STEPS,
    "batch_size": 4,
    "samples_per_class": 2,
    "learning_rate": 1e-3,
    "checkpoint_every": 2,
    "select": "last",
    "evaluate_before": False,
    "report": False,
}
FULL = "must have room to be written. Received: File too large. Make room, then"


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """Class folders of random images."""
    root = tmp_path_factory.mktemp("classes")
    random = np.random.default_rng(0)
    for number in range(16):
        path = root / f"c{number % 4}" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        image = random.integers(0, 256, [8, 8, 3], np.uint8)
        path.write_bytes(tf.io.encode_png(image).numpy())
    return root


@pytest.fixture
def train(classes, tmp_path):
    def train(*callbacks, **changes):
        config = {**SETTINGS, "data_dir": str(classes), **changes}
        config.setdefault("run_dir", str(tmp_path / "run"))
        return training.train(TrainConfig(**config), callbacks)

    return train


@pytest.fixture(scope="module")
def last_weights(classes, tmp_path_factory):
    """Those of a training in which nothing breaks."""
    path = tmp_path_factory.mktemp("whole") / "run"
    config = {**SETTINGS, "data_dir": str(classes), "run_dir": str(path)}
    training.train(TrainConfig(**config))
    return _last_weights(path)


def _last_weights(run_dir):
    return keras.models.load_model(
        RunDirectory(run_dir).last_model
    ).get_weights()


def _assert_goes_on(train, tmp_path, expected):
    train()
    for weight, other in zip(_last_weights(tmp_path / "run"), expected):
        np.testing.assert_array_equal(weight, other, strict=True)
    log = RunDirectory(tmp_path / "run").log.read_text()
    assert log.count("\n") == SETTINGS["epochs"]


@pytest.fixture
def no_room():
    """Function that lets no file grow beyond some bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(
        resource.RLIMIT_FSIZE, (size, limits[1])
    )
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def _room_again():
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@pytest.mark.parametrize(
    ("epoch", "batch", "size"),
    [(1, 0, 5_000), (1, 2, 300), (2, NUM_STEPS - 1, 50_000)],
    ids=["checkpoint", "log", "model"],
)
def test_a_full_disk_stops_and_loses_nothing(
    train, tmp_path, last_weights, no_room, epoch, batch, size
):
    with pytest.raises(OSError, match=FULL):
        train(At(lambda: no_room(size), epoch, batch))
    _room_again()
    _, facts = Checkpoints(tmp_path / "run" / "checkpoints").load()
    assert facts["epoch"] == epoch
    _assert_goes_on(train, tmp_path, last_weights)


def test_a_full_disk_stops_the_export(train, tmp_path, no_room, last_weights):
    class Ended(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            no_room(10_000)

    with pytest.raises(OSError, match=FULL):
        train(Ended())
    _room_again()
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
