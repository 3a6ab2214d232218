"""A frozen backbone's features are computed once, and change nothing else."""

from __future__ import annotations

import functools
import os
import signal

import numpy as np
import pytest
import tensorflow as tf
from helpers.moments import At
from helpers.settings import DIGITS
from helpers.training_runs import log_of
from helpers.training_runs import train

from dnc_keras import TrainConfig
from dnc_keras._keras import keras
from dnc_keras.batches.extraction import extract
from dnc_keras.batches.loading import ImageLoading
from dnc_keras.batches.loading import ViewLoading
from dnc_keras.datasets import VectorRows
from dnc_keras.datasets import load
from dnc_keras.export.served_model import ServedModel
from dnc_keras.models.configured import build_network
from dnc_keras.runs import RunDirectory
from dnc_keras.runs.trained import TrainedRun
from dnc_keras.support.interruption import Interrupted
from dnc_keras.training.frozen_features import FrozenFeatures

# Of the digits every image has its own pixels, so that nothing is random.
SETTINGS = {
    **DIGITS,
    "train_batch_norm": False,
    "head": "16",
    "epochs": 2,
    "steps_per_epoch": 5,
    "select": "last",
    "report": False,
    "evaluate_before": False,
    "checkpoint_every": 2,
}


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frozen")
    result = train(
        folder / "run",
        SETTINGS,
        freeze="backbone",
        feature_cache=str(folder / "cache"),
    )
    return RunDirectory(folder / "run"), result


def test_features_computed_once_train_as_those_of_each_step(frozen, tmp_path):
    run, result = frozen
    each_step = train(tmp_path / "run", SETTINGS, unfreeze=0, augment="none")
    other = RunDirectory(tmp_path / "run")
    for one, two in zip(log_of(run), log_of(other)):
        assert one["loss"] == two["loss"]
    models = [keras.models.load_model(r.last_model) for r in (run, other)]
    pairs = [(m.backbone, m.embedding) for m in models]
    for frozen_part, trained_part in zip(*pairs):
        weights = frozen_part.get_weights(), trained_part.get_weights()
        assert len(weights[0]) == len(weights[1])
        for one, two in zip(*weights):
            np.testing.assert_array_equal(one, two)
    assert result["test"] == each_step["test"]


def test_the_export_takes_bytes_and_gives_the_run_its_embeddings(frozen):
    run, result = frozen
    opened = TrainedRun(run)
    test = opened.dataset.test
    rows = extract(opened.embed, opened.images(test))
    served = ServedModel(result["export_dir"])
    encoded = [test.content(row) for row in range(20)]
    np.testing.assert_allclose(served.embed(encoded), rows[:20], atol=1e-6)


def test_a_stopped_run_goes_on_to_the_same_bits(frozen, tmp_path):
    run, result = frozen
    settings = {**SETTINGS, "freeze": "backbone"}
    end = functools.partial(os.kill, os.getpid(), signal.SIGTERM)
    with pytest.raises(Interrupted):
        train(tmp_path, settings, [At(end, 1, 2)])
    again = train(tmp_path, settings)
    assert again["test"] == result["test"]
    for one, two in zip(log_of(run), log_of(RunDirectory(tmp_path))):
        assert one["loss"] == two["loss"]


def test_a_run_is_not_resumed_on_another_backbone(tmp_path):
    weights = tmp_path / "start.weights.h5"
    _write_weights(weights, seed=0)
    settings = {
        **SETTINGS,
        "freeze": "backbone",
        "backbone": "mobilenet",
        "image_size": 32,
        "weights": str(weights),
    }
    end = functools.partial(os.kill, os.getpid(), signal.SIGTERM)
    with pytest.raises(Interrupted):
        train(tmp_path / "run", settings, [At(end, 0, 2)])
    _write_weights(weights, seed=1)
    with pytest.raises(ValueError, match="the frozen backbone that it began"):
        train(tmp_path / "run", settings)
    weights.unlink()
    with pytest.raises(FileNotFoundError, match="^weights must be"):
        train(tmp_path / "run", settings)


def _write_weights(path, seed):
    keras.utils.set_random_seed(seed)
    network = keras.applications.MobileNet(
        include_top=False, weights=None, input_shape=(32, 32, 3), pooling="avg"
    )
    network.save_weights(str(path))


@pytest.fixture(scope="module")
def images():
    return load("digits").train.subset(np.arange(10))


@pytest.fixture(scope="module")
def network():
    return build_network(TrainConfig(**DIGITS))


def _features(network, cache, **loading):
    loading = ImageLoading(8, center_crop=1.0, **loading)
    return FrozenFeatures(network, loading, str(cache))


def _count(monkeypatch, features):
    """Counts the images whose features are computed."""
    counted = []
    compute = features._compute

    def counting(index, loader_of):
        counted.append(len(index))
        return compute(index, loader_of)

    monkeypatch.setattr(features, "_compute", counting)
    return counted


def test_features_are_those_of_the_model(network, images, tmp_path):
    rows = _features(network, tmp_path).evaluation_rows(images)
    pixels = np.stack(
        [tf.io.decode_png(images.content(row), 3) for row in range(10)]
    )
    expected = network.features(pixels.astype("float32"))
    np.testing.assert_allclose(rows.take(slice(None)), expected, atol=1e-6)


def test_only_new_images_are_computed(network, images, tmp_path, monkeypatch):
    first = _features(network, tmp_path).evaluation_rows(
        images.subset([0, 2, 4])
    )
    features = _features(network, tmp_path)
    counted = _count(monkeypatch, features)
    rows = features.evaluation_rows(images)
    assert counted == [7]
    np.testing.assert_array_equal(
        rows.take(np.array([0, 2, 4])), first.take(slice(None))
    )


def test_other_weights_are_another_backbone(
    network, images, tmp_path, monkeypatch
):
    _features(network, tmp_path).evaluation_rows(images)
    other = build_network(TrainConfig(**DIGITS))
    kernel = other.backbone.weights[0]
    kernel.assign(kernel + 0.1)
    features = _features(other, tmp_path)
    counted = _count(monkeypatch, features)
    features.evaluation_rows(images)
    assert counted == [10]


def test_each_view_is_a_crop_of_its_own(network, images, tmp_path):
    features = _features(network, tmp_path, crop_scale=0.2)
    views = features.views(images, 3, seed=0).take(slice(None))
    views = views.reshape(3, 10, -1)
    assert len(np.unique(views.round(4), axis=0)) == 3
    again = _features(network, tmp_path, crop_scale=0.2).views(images, 3, 0)
    np.testing.assert_array_equal(
        again.take(slice(None)), views.reshape(30, -1)
    )
    plain = _features(network, tmp_path, crop_scale=0.2, is_random=False)
    np.testing.assert_array_equal(
        plain.views(images, 1, 0).take(slice(None)),
        plain.evaluation_rows(images).take(slice(None)),
    )
    # What an image holds decides, not its place.
    turned = images.subset(np.arange(10)[::-1])
    turned = _features(network, tmp_path / "new", crop_scale=0.2).views(
        turned, 1, 0
    )
    np.testing.assert_allclose(
        turned.take(slice(None))[::-1], views[0], atol=1e-6
    )


def test_training_takes_one_view_after_the_other(network, images, tmp_path):
    views = VectorRows.of(np.arange(8, dtype=np.float32).reshape(8, 1))
    index = images.subset(np.arange(4))
    load_rows = ViewLoading(views, 2).training_loader(index)
    positions = tf.constant([0, 1, 2, 3], tf.int64)
    seeds = tf.constant([[3, 0], [3, 1], [3, 2], [3, 3]], tf.int64)
    rows = load_rows(positions, seeds)[:, 0].numpy().tolist()
    # Of an odd sum of the seed the second view, whose rows begin at 4.
    assert rows == [4.0, 1.0, 6.0, 3.0]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"train_batch_norm": True}, "takes no train_batch_norm"),
        ({"unfreeze": 1}, "takes no unfreeze"),
        ({"frozen_epochs": 1, "recluster_every": 2}, "takes no frozen_epochs"),
        ({"dataset": "vectors"}, "takes no dataset=vectors"),
        ({"freeze": "", "views": 2}, "is needed for views"),
    ],
)
def test_settings_that_contradict_freezing_are_refused(changes, error):
    with pytest.raises(ValueError, match=f"^freeze=backbone {error}"):
        TrainConfig(**{"freeze": "backbone", **changes})


def test_several_views_need_random_crops():
    with pytest.raises(ValueError, match="differ by their random crops"):
        TrainConfig(freeze="backbone", views=2, augment="none")
