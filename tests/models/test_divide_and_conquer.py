"""The embedding of DivideAndConquer against NumPy."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import rounding
from helpers.divided_models import IMAGES
from helpers.divided_models import conv_backbone
from helpers.divided_models import dense_backbone
from helpers.divided_models import new_model
from helpers.divided_models import plain_embedding

import dnc_keras as dnc

# Of a dense layer on all pixels.
NUM_TERMS = 8 * 8 * 3


@pytest.mark.parametrize("normalization", ["whole", "per_learner"])
@pytest.mark.parametrize("group", [None, 0, 3])
def test_embedding_is_that_of_numpy(normalization, group):
    model = new_model(normalization=normalization)
    model.embedding.bias.assign(np.arange(8.0) / 10)
    embeddings = model(IMAGES, learner=group)
    assert embeddings.dtype == tf.float32
    rounding.assert_gives(
        lambda images: plain_embedding(model, images, group, normalization),
        *(IMAGES, embeddings, NUM_TERMS),
    )
    np.testing.assert_allclose(
        np.linalg.norm(embeddings, axis=1), np.ones(8), rtol=1e-5
    )


def test_per_learner_slices_have_equal_lengths():
    embeddings = new_model(normalization="per_learner")(IMAGES).numpy()
    lengths = np.linalg.norm(embeddings.reshape(8, 4, 2), axis=2)
    np.testing.assert_allclose(lengths, np.full([8, 4], 0.5), rtol=1e-5)


@pytest.mark.parametrize(
    "learner", [2, np.int64(2), tf.constant(2), np.full(8, 2), tf.fill([8], 2)]
)
def test_learner_may_be_a_scalar_or_one_for_each_row(learner):
    model = new_model()
    embeddings = model(IMAGES, learner=learner).numpy()
    np.testing.assert_array_equal(embeddings, model(IMAGES, learner=2))
    assert (embeddings[:, [0, 1, 2, 3, 6, 7]] == 0).all()


def test_learner_may_differ_from_row_to_row():
    model = new_model()
    learners = tf.constant([0, 1, 2, 3, -1, -1, 0, 1])
    embeddings = model(IMAGES, learner=learners)
    for row, learner in enumerate(learners):
        rounding.assert_gives(
            lambda images: model(images, learner=learner)[row],
            *(IMAGES, embeddings[row], NUM_TERMS),
        )


def test_learner_minus_1_is_the_whole_embedding():
    model = new_model()
    np.testing.assert_array_equal(model(IMAGES), model(IMAGES, learner=-1))


def test_integer_images_are_accepted():
    images = np.arange(8 * 192).reshape(8, 8, 8, 3).astype(np.uint8)
    model = new_model()
    np.testing.assert_array_equal(
        model(images), model(images.astype(np.float32))
    )


def test_features_of_maps_are_their_mean():
    model = new_model(conv_backbone)
    rounding.assert_gives(
        lambda images: model.backbone(images).numpy().mean(axis=(1, 2)),
        *(IMAGES, model.features(IMAGES), NUM_TERMS),
    )


def test_features_of_rows_are_the_rows():
    model = new_model(dense_backbone)
    np.testing.assert_array_equal(
        model.features(IMAGES), model.backbone(IMAGES)
    )


def test_learner_masks_are_those_of_the_embedding_layer():
    masks = new_model(num_learners=2).learner_masks.numpy()
    assert masks.tolist() == [[1] * 4 + [0] * 4, [0] * 4 + [1] * 4]
    assert (new_model(masks="learned").learner_masks.numpy() == 1).all()


def test_a_backbone_of_another_kind_is_refused():
    with pytest.raises(TypeError, match="backbone must be a layer or model of"):
        dnc.DivideAndConquer(tf.Module())


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            {"embedding_dim": 130, "num_learners": 4},
            "num_learners must divide embedding_dim. Received: "
            "embedding_dim=130, num_learners=4. "
            "Use embedding_dim=128 or 132.",
        ),
        (
            {"embedding_dim": 3, "num_learners": 4},
            "num_learners must divide embedding_dim. Received: "
            "embedding_dim=3, num_learners=4. Use embedding_dim=4.",
        ),
        (
            {"masks": "soft"},
            "masks must be one of fixed, learned. Received: 'soft'.",
        ),
        (
            {"normalization": "none"},
            "normalization must be one of whole, per_learner. "
            "Received: 'none'.",
        ),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError) as raised:
        new_model(**arguments)
    assert str(raised.value) == message
