"""Tests of the BatchNormalization layers of a backbone."""

import numpy as np
import pytest
from helpers.divided_models import IMAGES
from helpers.divided_models import conv_backbone
from helpers.divided_models import new_model
from helpers.divided_models import train

from dnc_keras._keras import keras
from dnc_keras.losses import MarginLoss
from dnc_keras.models import batch_norm


class Inner(keras.layers.Layer):
    """A layer, not a model, that holds a BatchNormalization layer."""

    def __init__(self):
        super().__init__()
        self.norm = keras.layers.BatchNormalization()

    def call(self, images, training=False):
        return self.norm(images, training=training)


class Double(keras.layers.Layer):
    """Augmentation that can be seen: images are doubled in training."""

    def call(self, images, training=False):
        return images * 2.0 if training else images


def _augmented(norm):
    pixels = keras.Input([8, 8, 3])
    return keras.Model(pixels, keras.layers.Flatten()(norm(Double()(pixels))))


@pytest.mark.parametrize("norm", [keras.layers.BatchNormalization, Inner])
def test_augmentation_runs_while_batch_norm_is_held(norm):
    model = new_model(lambda: _augmented(norm()))
    alone, trained = (
        model.features(IMAGES, training=x).numpy() for x in (False, True)
    )
    np.testing.assert_allclose(trained, 2 * alone, rtol=1e-6)
    expected = IMAGES.reshape(8, -1) / np.sqrt(1 + 1e-3)
    np.testing.assert_allclose(alone, expected, rtol=1e-5)


@pytest.mark.parametrize("norm", [keras.layers.BatchNormalization, Inner])
def test_with_train_batch_norm_rows_have_mean_0(norm):
    model = new_model(lambda: _augmented(norm()), train_batch_norm=True)
    features = model.features(IMAGES, training=True).numpy()
    means = features.reshape(8, 8, 8, 3).mean((0, 1, 2))
    np.testing.assert_allclose(means, 0, atol=1e-5)


def test_layers_are_as_trainable_as_before():
    model = conv_backbone()
    norm = model.layers[-1]
    for trainable in (True, False):
        norm.trainable = trainable
        with batch_norm.held(model):
            assert not norm.trainable
        assert norm.trainable == trainable
        assert len(model.trainable_variables) == (4 if trainable else 2)


def test_a_backbone_whose_statistics_never_learn_gets_a_warning(caplog):
    for _ in range(2):
        model = new_model(conv_backbone)
        model.compile("sgd", MarginLoss(negatives="all"))
        for _ in range(2):
            train(model)
    assert caplog.text.count("Use train_batch_norm=True") == 2


@pytest.mark.parametrize("how", ["statistics", "argument", "no layer"])
def test_others_get_none(caplog, how):
    model = new_model(conv_backbone, train_batch_norm=how == "argument")
    if how == "statistics":
        norm = model.backbone.layers[-1]
        norm.moving_mean.assign(np.full(6, 0.5))
    if how == "no layer":
        model = new_model()
    model.compile("sgd", MarginLoss(negatives="all"))
    train(model)
    assert "train_batch_norm" not in caplog.text
