"""Tests of the N-pairs loss of several labels a row."""

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras import losses

SIMILARITIES = np.array(
    [[2, 0, 0, -2], [0, 2, -2, 0], [0, -2, 2, 0], [-2, 0, 0, 2]], np.float32
)
LABELS = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1], [1, 1, 1]])


def plain_loss(labels, similarities):
    costs = []
    for own, logits in zip(labels, similarities):
        chances = np.exp(logits) / sum(np.exp(logits))
        weights = [sum(own * others) for others in labels]
        costs.append(-sum(weights * np.log(chances)) / sum(weights))
    return np.mean(costs)


def _sparse(labels):
    return tf.sparse.from_dense(labels)


def _ragged(labels):
    """The same without the zeros that a row ends with."""
    rows = [row[: np.flatnonzero(row)[-1] + 1] for row in labels]
    return tf.ragged.constant(rows)


@pytest.mark.parametrize("form", [tf.constant, _sparse, _ragged, np.float32])
def test_labels_may_be_dense_sparse_or_ragged(form):
    loss = losses.NpairsMultilabelLoss()
    received = loss(form(LABELS), SIMILARITIES)
    expected = plain_loss(LABELS, SIMILARITIES)
    np.testing.assert_allclose(received, expected, rtol=1e-6)


def test_with_one_label_a_row_it_is_the_loss_of_one_label():
    labels = np.array([0, 1, 1, 2])
    received = losses.NpairsMultilabelLoss()(np.eye(3)[labels], SIMILARITIES)
    expected = losses.NpairsLoss()(labels, SIMILARITIES)
    np.testing.assert_allclose(received, expected, rtol=1e-6)


def test_it_is_that_of_addons():
    addons = pytest.importorskip("tensorflow_addons").losses
    labels = tf.constant(LABELS, tf.int64)
    received = losses.NpairsMultilabelLoss()(labels, SIMILARITIES)
    expected = addons.NpairsMultilabelLoss()(labels, SIMILARITIES)
    np.testing.assert_allclose(received, expected, rtol=1e-6)


def test_similarities_are_those_of_embeddings():
    rows = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    loss = losses.NpairsMultilabelLoss(inputs="embeddings")
    expected = plain_loss(LABELS, SIMILARITIES)
    np.testing.assert_allclose(loss(LABELS, rows), expected, rtol=1e-6)


def test_labels_of_one_class_a_row_are_refused():
    with pytest.raises(ValueError, match="use NpairsLoss"):
        losses.NpairsMultilabelLoss()(np.array([0, 1, 1, 2]), SIMILARITIES)


@pytest.mark.parametrize("name", ["NpairsLoss", "NpairsMultilabelLoss"])
def test_the_reduction_is_none_as_in_addons(name):
    assert getattr(losses, name)().reduction == "none"
