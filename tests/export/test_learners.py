"""The learners of an exported embedding."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers import rounding

from dnc_keras import DivideAndConquer
from dnc_keras import export_saved_model
from dnc_keras._keras import keras
from dnc_keras.export import first_learners
from dnc_keras.export.learners import learner_parts

IMAGES = np.random.default_rng(0).uniform(0, 255, [5, 8, 8, 3])
IMAGES = IMAGES.astype(np.float32)
# Of a convolution with 3x3 weights on 3 colours.
NUM_TERMS = 27


def _backbone():
    return keras.Sequential([keras.Input([8, 8, 3]), keras.layers.Conv2D(6, 3)])


def _model(**options):
    return DivideAndConquer(
        _backbone(), embedding_dim=12, num_learners=3, **options
    )


@pytest.mark.parametrize("normalization", ["whole", "per_learner"])
@pytest.mark.parametrize("dim", [4, 8, 12])
def test_the_first_learners_are_the_first_units_scaled_again(
    normalization, dim
):
    model = _model(normalization=normalization)
    smaller = first_learners(model, dim)

    def first_units(images):
        rows = model(images).numpy()[:, :dim]
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    rounding.assert_gives(first_units, IMAGES, smaller(IMAGES), NUM_TERMS)
    assert smaller.num_learners == dim // 4


def test_half_a_learner_is_refused():
    with pytest.raises(ValueError) as raised:
        first_learners(_model(), 6)
    assert str(raised.value) == (
        "embedding_dim must be the units of whole learners. Received: 6. "
        "Use one of 4, 8, 12."
    )


def test_learners_that_share_units_cannot_be_dropped():
    with pytest.raises(ValueError, match="only with masks=fixed. Received"):
        first_learners(_model(masks="learned"), 4)


def test_a_model_without_learners_is_named(tmp_path):
    with pytest.raises(TypeError) as raised:
        export_saved_model(_backbone(), tmp_path, 8, per_learner=True)
    assert str(raised.value) == (
        "per_learner needs a DivideAndConquer. Received: a Sequential. "
        "Leave it out."
    )


def test_an_export_returns_the_slice_of_each_learner(tmp_path):
    model = _model()
    version = export_saved_model(model, tmp_path, 8, per_learner=True)
    loaded = tf.saved_model.load(str(version))
    outputs = loaded.signatures["serving_default"](images=tf.constant(IMAGES))
    assert outputs["per_learner"].shape == [5, 3, 4]
    slices = tf.reshape(outputs["per_learner"], [5, 12])
    rounding.assert_gives(model, IMAGES, slices, NUM_TERMS)


def test_an_export_returns_what_each_learned_mask_leaves(tmp_path):
    model = _model(masks="learned")
    version = export_saved_model(model, tmp_path, 8, per_learner=True)
    loaded = tf.saved_model.load(str(version))
    outputs = loaded.signatures["serving_default"](images=tf.constant(IMAGES))
    for learner in range(3):
        # Masks start as ones.
        part = outputs["per_learner"][:, learner]
        rounding.assert_gives(model, IMAGES, part, NUM_TERMS)


def test_a_part_of_a_learned_mask_points_where_its_learner_does():
    model = _model(masks="learned")
    masks = np.random.default_rng(0).uniform(-1, 2, [3, 12])
    model.embedding.mask_weights.assign(masks)
    parts = learner_parts(model, model(IMAGES)).numpy()
    assert parts.shape == (5, 3, 12)
    for learner in range(3):
        part = parts[:, learner]
        part = part / np.linalg.norm(part, axis=1, keepdims=True)
        rounding.assert_gives(
            lambda images: model(images, learner=learner),
            *(IMAGES, part, NUM_TERMS),
        )
