"""Parts of the user's own take the place of those that settings name."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf
from helpers.settings import SMALL
from helpers.training_runs import train

from dnc_keras import datasets
from dnc_keras import export_saved_model
from dnc_keras import losses
from dnc_keras._keras import keras
from dnc_keras.datasets import Dataset
from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets import VectorRows
from dnc_keras.export.served_model import ServedModel
from dnc_keras.runs import RunDirectory
from dnc_keras.runs.trained import TrainedRun
from dnc_keras.training.own_parts import OwnParts

# A module that a run may name, and that tells when it is imported.
_MODULE = """
import tensorflow as tf
from dnc_keras import losses
from dnc_keras.datasets import load as load_set

def data(data_dir):
    return load_set("folder", data_dir)

def loss(num_classes, embedding_dim):
    return losses.ProxyAnchorLoss(num_classes, embedding_dim)

def pixels(content, seed=None):
    image = tf.io.decode_png(content, channels=3)
    return tf.image.resize(tf.cast(image, tf.float32), [8, 8])
"""


def _backbone():
    images = keras.Input([8, 8, 3])
    pooled = keras.layers.GlobalAveragePooling2D()(images)
    return keras.Model(images, keras.layers.Dense(6)(pooled))


def _dataset(seed=0):
    """Twelve vectors of four classes: two to learn, two to test."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(4), 3)
    vectors = VectorRows.of(
        (np.eye(5)[labels] + 0.1 * rng.normal(size=[12, 5])).astype("float32")
    )
    everything = ImageIndex.from_class_names(
        [f"v{row}" for row in range(12)],
        [f"class {label}" for label in labels],
        contents=vectors,
    )
    return Dataset(
        "made", everything.subset(labels < 2), everything.subset(labels > 1)
    )


@pytest.fixture(scope="module")
def own_run(classes, tmp_path_factory):
    """A run of own backbone, loss, loader and augmentation layers."""

    def load_image(content, seed=None):
        image = tf.io.decode_png(content, channels=3)
        return tf.image.resize(tf.cast(image, tf.float32), [8, 8])

    own = {
        "backbone": _backbone(),
        "loss": losses.MultiSimilarityLoss(),
        "load_image": load_image,
        "augment": keras.layers.GaussianNoise(1.0),
    }
    path = tmp_path_factory.mktemp("own") / "run"
    result = train(path, SMALL, own=own, data_dir=classes)
    return RunDirectory(path), result, own


def test_own_parts_are_trained_measured_and_exported(own_run):
    run, result, _ = own_run
    assert 0 <= result["test"]["recall_at_1"] <= 1
    assert result["own_parts"] == {
        "backbone": "Functional with 24 weights",
        "loss": "MultiSimilarityLoss",
        "load_image": f"{__name__}:own_run.<locals>.load_image",
        "augment": "GaussianNoise",
    }
    model = keras.models.load_model(run.chosen_model)
    images = np.random.default_rng(0).uniform(0, 255, [3, 8, 8, 3])
    served = tf.saved_model.load(result["export_dir"]).signatures
    rows = served["serving_default"](images=tf.constant(images, tf.float32))
    np.testing.assert_allclose(
        rows["embedding"], model(images.astype("float32")), atol=1e-6
    )


def test_the_export_reads_images_as_training_did(own_run):
    _, result, own = own_run
    served = ServedModel(result["export_dir"])
    test = datasets.load("folder", result["config"]["data_dir"]).test
    encoded = [test.content(row) for row in range(4)]
    pixels = tf.stack([own["load_image"](each) for each in encoded])
    np.testing.assert_allclose(
        served.embed(encoded), served.embed_pixels(pixels), atol=1e-6
    )


def test_a_loader_in_python_is_not_served(own_run, tmp_path, caplog):
    model = keras.models.load_model(own_run[0].chosen_model)
    version = export_saved_model(
        model,
        tmp_path,
        load_image=lambda content: tf.numpy_function(
            lambda _: np.zeros([8, 8, 3], "float32"), [content], tf.float32
        ),
    )
    assert "no signature serving_bytes: load_image runs Python" in caplog.text
    assert list(tf.saved_model.load(version).signatures) == ["serving_default"]


def test_a_run_is_resumed_with_the_same_own_parts_only(own_run, classes):
    run, result, own = own_run
    again = train(run.path, SMALL, own=own, data_dir=classes)
    assert again["test"] == result["test"]
    for parts in ({}, {**own, "loss": losses.ContrastiveLoss()}):
        with pytest.raises(ValueError, match="with another own_parts"):
            train(run.path, SMALL, own=parts, data_dir=classes)


def test_lost_settings_are_found_with_their_own_parts(
    own_run, classes, tmp_path
):
    run, _, own = own_run
    settings = json.loads(run.config.read_text())
    run.config.unlink()
    assert train(run.path, SMALL, own=own, data_dir=classes)
    with pytest.raises(ValueError, match="with another own_parts"):
        train(run.path, SMALL, data_dir=classes)
    run.config.write_text(json.dumps(settings))


def test_an_opened_run_asks_for_its_own_loader(own_run):
    run, _, own = own_run
    opened = TrainedRun(run)
    with pytest.raises(ValueError, match=r"Use TrainedRun\(run, load_image="):
        opened.images(opened.dataset.test)
    opened = TrainedRun(run, load_image=own["load_image"])
    (images,) = opened.images(opened.dataset.test)
    assert images.shape == (8, 8, 8, 3)


def test_a_backbone_says_how_it_scales_pixels_or_is_asked(classes, tmp_path):
    own = {"backbone": _backbone}
    with pytest.raises(ValueError, match="pixel_scaling"):
        train(tmp_path / "run", SMALL, own=own, data_dir=classes)
    result = train(
        *(tmp_path / "run", SMALL),
        own=own,
        data_dir=classes,
        pixel_scaling="unit",
        epochs=1,
    )
    assert result["own_parts"] == {"backbone": f"{__name__}:_backbone"}
    with pytest.raises(ValueError, match="^pooling is for backbones of yours"):
        train(
            *(tmp_path / "vectors", SMALL),
            own={**own, "dataset": _dataset()},
            pooling="max",
        )


def test_a_data_set_of_vectors_needs_no_backbone(tmp_path):
    dataset = _dataset()
    result = train(tmp_path / "run", SMALL, own={"dataset": dataset})
    assert result["dataset"] == "made"
    assert result["num_test_images"] == 6
    taken = tf.saved_model.load(result["export_dir"]).signatures
    assert list(taken["serving_default"].structured_input_signature[1]) == [
        "features"
    ]
    opened = TrainedRun(tmp_path / "run")
    with pytest.raises(ValueError, match=r"Use TrainedRun\(run, dataset="):
        opened.images(dataset.test)
    opened = TrainedRun(tmp_path / "run", dataset)
    opened.embed_parts()
    assert opened.part("test").embeddings.shape == (6, 8)


def test_vectors_that_are_handed_over_are_checked(tmp_path):
    rows = np.ones([8, 3], np.float32)
    rows[5] = 0
    dataset = datasets.from_arrays(rows, np.repeat(np.arange(4), 2))
    with pytest.raises(ValueError, match="1 that are not.*row 5.*all zeros"):
        train(tmp_path / "run", SMALL, own={"dataset": dataset})


def test_a_backbone_must_take_the_vectors(tmp_path):
    own = {"dataset": _dataset(), "backbone": _backbone}
    with pytest.raises(ValueError, match=r"vectors of made, \[None, 5\]. Rec"):
        train(tmp_path / "run", SMALL, own=own)


def test_replicas_need_a_function_that_makes_the_backbone():
    with pytest.raises(ValueError, match="must be a function that makes it"):
        OwnParts(backbone=_backbone()).build_backbone(num_replicas=2)
    assert OwnParts(backbone=_backbone).build_backbone(num_replicas=2)


def test_data_sets_of_other_labels_are_other_parts():
    one = OwnParts(dataset=_dataset()).describe()
    assert one == OwnParts(dataset=_dataset(seed=1)).describe()
    other = _dataset()
    swapped = dataclasses.replace(other.train, labels=other.train.labels[::-1])
    other = dataclasses.replace(other, train=swapped)
    assert OwnParts(dataset=other).describe() != one


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.layers.Dense(3),
        lambda: keras.Sequential([keras.layers.Dense(3)]),
    ],
)
def test_layers_are_the_same_parts_once_they_are_built(make):
    before = OwnParts(backbone=(layer := make())).describe()
    layer(np.ones([2, 5], np.float32))
    assert OwnParts(backbone=layer).describe() == before


class _OfAnotherKeras:
    """What a layer of another Keras looks like to this one."""

    def get_weights(self):
        raise NotImplementedError

    def __call__(self, inputs):
        raise NotImplementedError


class _Unregistered(losses.MultiSimilarityLoss):
    """Nobody could open what was trained with it."""


@pytest.mark.parametrize(
    ("part", "error"),
    [
        ({"dataset": [1, 2]}, "dataset must be a dnc_keras.datasets.Dataset"),
        ({"backbone": "resnet50"}, "backbone must be callable"),
        ({"backbone": lambda: 3}, "backbone must be a layer or model"),
        ({"backbone": _OfAnotherKeras()}, "backbone must be a layer or model"),
        ({"augment": _OfAnotherKeras()}, "augment must be a layer or model"),
        ({"loss": len}, "A loss must have call"),
        ({"loss": _Unregistered()}, "loss must .*Register"),
        ({"load_image": 3}, "load_image must be callable"),
        ({"augment": 3}, "augment must be callable"),
    ],
)
def test_what_is_no_such_part_is_refused(part, error, classes, tmp_path):
    with pytest.raises((TypeError, ValueError), match=error):
        train(tmp_path / "run", SMALL, own=part, data_dir=classes)
    assert not (tmp_path / "run").exists()


@pytest.fixture
def named(tmp_path, monkeypatch, classes):
    """Settings that name functions of a module."""
    (tmp_path / "shop_code.py").write_text(_MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    return {
        **SMALL,
        "dataset": "shop_code:data",
        "data_dir": classes,
        "loss": "shop_code:loss",
        "load_image": "shop_code:pixels",
    }


def test_functions_that_settings_name_are_trained_with(named, tmp_path, start):
    run = tmp_path / "run"
    result = train(run, named)
    assert result["own_parts"] == {}
    refused = start("evaluate", f"--run_dir={run}")
    assert refused.code == 2
    assert "shop_code:data, which is imported only if" in refused.stderr
    trusted = start("evaluate", f"--run_dir={run}", "--trust_own_code")
    assert trusted.code == 0, trusted.stderr
    assert f"{result['test']['recall_at_1']:.4f}" in trusted.stdout


def _fails_later(content):
    image = tf.image.resize(tf.io.decode_png(content, channels=3), [8, 8])
    half = tf.strings.to_hash_bucket_fast(content, 2)
    zero = tf.zeros([], tf.int64)
    with tf.control_dependencies([tf.debugging.assert_equal(half, zero)]):
        return tf.identity(image)


def test_a_loader_that_fails_for_some_images_is_named(classes, tmp_path):
    with pytest.raises(ValueError, match="load_image=.*:_fails_later must "):
        train(
            *(tmp_path / "run", SMALL),
            own={"load_image": _fails_later},
            data_dir=classes,
        )
