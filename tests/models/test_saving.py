"""A model comes back from its file."""

import numpy as np
from helpers.divided_models import IMAGES
from helpers.divided_models import assert_equal
from helpers.divided_models import conv_backbone
from helpers.divided_models import new_model
from helpers.divided_models import train
from helpers.divided_models import values

from dnc_keras._keras import keras
from dnc_keras.losses import MarginLoss


def test_a_loaded_model_embeds_and_trains_on_as_the_saved_one(tmp_path):
    model = new_model(
        conv_backbone,
        masks="learned",
        normalization="per_learner",
        dropout=0.3,
        train_batch_norm=True,
        seed=5,
    )
    model.compile(
        keras.optimizers.Adam(0.01),
        MarginLoss(num_classes=2),
        learning_rate_multipliers={"masks": 10.0},
        weight_decay=0.01,
    )
    train(model, learner=1, steps=3)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert_equal(values(loaded), values(model))
    np.testing.assert_array_equal(loaded(IMAGES), model(IMAGES))
    for part in (model, loaded):
        train(part, learner=2, steps=3)
    assert_equal(values(loaded), values(model), tolerance=1e-6)


def test_a_model_can_be_loaded_without_compiling(tmp_path):
    model = new_model()
    model.compile("adam", MarginLoss(num_classes=2))
    train(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_array_equal(loaded(IMAGES), model(IMAGES))


def test_a_model_that_was_never_compiled_is_saved_and_loaded(tmp_path):
    model = new_model()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(IMAGES), model(IMAGES))


def test_weights_are_saved_and_loaded_alone(tmp_path):
    model, other = new_model(), new_model(seed=9)
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(other(IMAGES), model(IMAGES))
