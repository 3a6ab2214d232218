"""Losses that take similarities or distances train on embeddings too."""

import numpy as np
import pytest
import tensorflow as tf

import dnc_keras as dnc
from dnc_keras import losses
from dnc_keras._keras import keras
from dnc_keras.losses.inputs import embedding_loss

LABELS = np.array([0, 0, 1, 1, 2, 2])
RANDOM = np.random.default_rng(0)
SQUARE = RANDOM.normal(size=[6, 6]).astype(np.float32)
WIDE = RANDOM.normal(size=[6, 9]).astype(np.float32)


def plain_npairs(similarities):
    costs = []
    for label, logits in zip(LABELS, similarities):
        chances = np.exp(logits) / np.exp(logits).sum()
        costs.append(-np.log(chances[LABELS == label]).mean())
    return np.mean(costs)


def plain_contrastive(rows, margin=1.0):
    costs = []
    for i, first in enumerate(rows):
        for j in range(i):
            distance = np.sqrt(((first - rows[j]) ** 2).sum())
            if LABELS[i] != LABELS[j]:
                distance = max(margin - distance, 0)
            costs.append(distance**2)
    return np.mean(costs)


def cost(loss, rows):
    costs = embedding_loss(loss)(tf.constant(LABELS), tf.constant(rows), seed=0)
    return tf.reduce_mean(costs)


@pytest.mark.parametrize("rows", [SQUARE, WIDE])
def test_npairs_of_embeddings_are_of_their_products(rows):
    expected = plain_npairs(rows @ rows.T)
    for value in (
        cost(losses.NpairsLoss(), rows),
        losses.NpairsLoss().from_embeddings(LABELS, rows),
        losses.NpairsLoss(inputs="embeddings").call(LABELS, rows),
    ):
        np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_npairs_take_a_square_for_similarities_unless_told():
    value = losses.NpairsLoss().call(LABELS, SQUARE)
    np.testing.assert_allclose(value, plain_npairs(SQUARE), rtol=1e-5)
    value = losses.NpairsLoss().call(LABELS, WIDE)
    np.testing.assert_allclose(value, plain_npairs(WIDE @ WIDE.T), rtol=1e-5)


@pytest.mark.parametrize(
    "shape, expected",
    [
        ([None, 6], plain_npairs(SQUARE @ SQUARE.T)),
        ([None, None], plain_npairs(SQUARE)),
    ],
)
def test_of_an_unknown_batch_only_similarities_have_an_unknown_width(
    shape, expected
):
    loss = losses.NpairsLoss()
    traced = tf.function(
        lambda rows: loss.call(LABELS, rows),
        input_signature=[tf.TensorSpec(shape)],
    )
    np.testing.assert_allclose(traced(SQUARE), expected, rtol=1e-5)


def test_npairs_refuse_other_inputs():
    with pytest.raises(ValueError) as raised:
        losses.NpairsLoss(inputs="distances")
    assert str(raised.value) == (
        "inputs must be one of auto, embeddings, similarities. "
        "Received: 'distances'."
    )


@pytest.mark.parametrize("rows", [SQUARE, WIDE, WIDE[:, :1]])
def test_contrastive_of_embeddings_is_of_all_pairs(rows):
    value = cost(losses.ContrastiveLoss(margin=3.0), rows)
    expected = plain_contrastive(rows, margin=3.0)
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_contrastive_of_vectors_is_of_their_pairs():
    value = losses.ContrastiveLoss().call([1, 0, 0], [0.5, 0.5, 2.0])
    np.testing.assert_allclose(value, [0.25, 0.25, 0.0])


@pytest.mark.parametrize("rows", [SQUARE, WIDE])
@pytest.mark.parametrize(
    "name", ["NpairsLoss", "NpairsMultilabelLoss", "ContrastiveLoss"]
)
def test_a_loss_of_addons_gets_what_it_takes(name, rows):
    addons = pytest.importorskip("tensorflow_addons").losses
    expected = {
        "NpairsLoss": plain_npairs(rows @ rows.T),
        "NpairsMultilabelLoss": plain_npairs(rows @ rows.T),
        "ContrastiveLoss": plain_contrastive(rows),
    }
    theirs = cost(getattr(addons, name)(), rows)
    np.testing.assert_allclose(theirs, expected[name], rtol=1e-5)


def test_a_loss_that_draws_gets_the_seed_and_others_do_not():
    class Drawing:
        def call(self, labels, embeddings, seed=None):
            return seed

    class Plain:
        def call(self, labels, embeddings):
            return "no seed"

    assert embedding_loss(Drawing())(LABELS, WIDE, seed=7) == 7
    assert embedding_loss(Plain())(LABELS, WIDE, seed=7) == "no seed"


@pytest.mark.parametrize("package", ["dnc_keras", "tensorflow_addons"])
@pytest.mark.parametrize("name", ["NpairsLoss", "ContrastiveLoss"])
def test_a_model_means_embeddings_even_if_they_are_square(package, name):
    loss = getattr(pytest.importorskip(package).losses, name)()
    backbone = keras.Sequential([keras.Input([9]), keras.layers.Dense(4)])
    model = dnc.DivideAndConquer(backbone, 6, 1, dropout=0.0)
    model.compile(keras.optimizers.SGD(0.1), loss)
    rows = model(WIDE).numpy()
    expected = {
        "NpairsLoss": plain_npairs(rows @ rows.T),
        "ContrastiveLoss": plain_contrastive(rows),
    }
    history = model.fit(WIDE, LABELS, epochs=20, verbose=0).history["loss"]
    np.testing.assert_allclose(history[0], expected[name], rtol=1e-4)
    assert history[-1] < history[0]
