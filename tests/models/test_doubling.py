"""Learners double, and inherit their masks."""

import numpy as np
from helpers.divided_models import new_model
from helpers.divided_models import train

from dnc_keras._keras import keras
from dnc_keras._keras import raw_variables
from dnc_keras.losses import MarginLoss


def test_learners_double_and_inherit_their_masks():
    model = new_model(masks="learned")
    model.compile(keras.optimizers.Adam(0.01), MarginLoss(negatives="all"))
    model.activate_learners(1)
    assert model.num_active_learners == 1
    train(model, learner=0, steps=2)
    mask = model.learner_masks.numpy()[0]
    assert (mask != 1).any()
    model.double_learners()
    assert model.num_active_learners == 2
    np.testing.assert_array_equal(model.learner_masks[:2], [mask, mask])
    np.testing.assert_array_equal(model.learner_masks[2:], 0)


def test_the_optimizer_forgets_masks_that_were_copied():
    model = new_model(masks="learned")
    model.compile(keras.optimizers.Adam(0.01), MarginLoss(negatives="all"))
    model.activate_learners(1)
    train(model, learner=0)
    slots = [
        v
        for v in raw_variables(model.optimizer)
        if v.shape == model.embedding.mask_weights.shape
    ]
    # Those of the kernel have another shape: 6 features, 4 learners.
    assert len(slots) == 2 and all(v.numpy().any() for v in slots)
    model.double_learners()
    assert not any(v.numpy().any() for v in slots)


def test_groups_that_are_not_active_yet_stay_as_they_are():
    model = new_model(masks="learned")
    model.compile("adam", MarginLoss(negatives="all"), weight_decay=0.1)
    model.activate_learners(2)
    train(model, learner=1, steps=3)
    np.testing.assert_array_equal(model.embedding.mask_weights[2:], 0)


def test_only_active_masks_count_for_the_penalty():
    # No pair costs anything: two masks of ones overlap fully.
    model = new_model(masks="learned", mask_penalty=0.3)
    model.compile("sgd")
    model.activate_learners(2)
    losses = train(model, learner=0, labels=np.arange(8))
    np.testing.assert_allclose(losses, [0.3], rtol=1e-6)


def test_the_stage_of_the_division_is_saved(tmp_path):
    model = new_model()
    model.activate_learners(2)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.num_active_learners == 2
    np.testing.assert_array_equal(loaded.learner_masks, model.learner_masks)


def test_the_whole_embedding_leaves_learned_masks_alone():
    # Not even momentum or weight decay moves them.
    model = new_model(masks="learned")
    model.compile("adam", MarginLoss(negatives="all"), weight_decay=0.1)
    train(model, learner=1)
    before = model.embedding.mask_weights.numpy()
    train(model, learner=-1, steps=2)
    np.testing.assert_array_equal(model.embedding.mask_weights, before)
