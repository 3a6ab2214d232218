"""The boundaries that the margin loss learns."""

import numpy as np
import tensorflow as tf
from helpers.margin_cases import IMAGES
from helpers.margin_cases import LABELS
from helpers.margin_cases import all_negatives
from helpers.margin_cases import batch
from helpers.margin_cases import model_with
from helpers.margin_cases import plain_loss

from dnc_keras.losses import MarginLoss


def test_boundaries_by_class_are_those_of_plain_loops():
    labels, rows = batch()
    beta = np.array([0.9, 1.0, 1.1, 1.3], np.float32)
    loss = MarginLoss(num_classes=4, nu=0.5, negatives="all")
    loss.boundaries.set_weights([beta[:, None]])
    expected = plain_loss(labels, rows, all_negatives(labels), beta, nu=0.5)
    value = loss.call(labels, tf.constant(rows))
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_constant_boundary_is_added_once_with_nu():
    labels, rows = batch()
    loss = MarginLoss(nu=0.5, negatives="all")
    expected = plain_loss(labels, rows, all_negatives(labels), nu=0.5)
    value = loss.call(labels, tf.constant(rows))
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_a_step_moves_a_boundary_by_its_pairs():
    rows = np.eye(3, dtype=np.float32)
    labels = np.array([0, 0, 2])
    loss = MarginLoss(num_classes=4, beta=1.3, negatives="all")
    model = model_with(loss)
    model.embedding.kernel.assign(np.eye(4))
    images = np.pad(rows, [(0, 0), (0, 1)]).reshape(3, 2, 2, 1)
    model.dropout = 0.0
    model.train_on_batch(images, labels)
    # All distances are sqrt(2): six pairs cost something. Of class 0 two
    # positives pull beta up and two negatives push it down; of class 2 two
    # negatives push it down: 1.3 - 0.1 * 2 / 6.
    np.testing.assert_allclose(
        loss.boundaries.get_weights()[0][:, 0],
        [1.3, 1.3, 1.3 - 0.2 / 6, 1.3],
        rtol=1e-5,
    )


def test_boundaries_are_saved_with_the_model(tmp_path):
    model = model_with(MarginLoss(num_classes=3))
    model.fit(IMAGES, LABELS, epochs=3, verbose=0)
    learned = [v.numpy() for v in model.loss_state.variables]
    assert (learned[0] != np.float32(1.2)).any()
    model.save(tmp_path / "model.keras")
    loaded = tf.keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.loss_state.variables[0], learned[0])
    np.testing.assert_array_equal(
        loaded.predict(IMAGES, verbose=0), model.predict(IMAGES, verbose=0)
    )


def test_weight_decay_reaches_the_boundaries():
    model = model_with(MarginLoss(num_classes=3))
    model.compile(
        tf.keras.optimizers.SGD(0.1), model._metric_loss, weight_decay=0.5
    )
    # No pair costs anything: only the decay moves them.
    model.train_on_batch(IMAGES[:1], LABELS[:1])
    np.testing.assert_allclose(
        model.loss_state.variables[0], np.full([3, 1], 1.2 * 0.95), rtol=1e-6
    )
