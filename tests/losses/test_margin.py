"""The margin loss against plain loops."""

import numpy as np
import pytest
import tensorflow as tf
from helpers.margin_cases import IMAGES
from helpers.margin_cases import LABELS
from helpers.margin_cases import all_negatives
from helpers.margin_cases import batch
from helpers.margin_cases import model_with
from helpers.margin_cases import plain_loss
from helpers.margin_cases import value_and_gradient

from dnc_keras.losses import MarginLoss


@pytest.mark.parametrize("margin, beta", [(0.2, 1.2), (0.1, 0.9)])
def test_all_negatives_are_those_of_plain_loops(margin, beta):
    labels, rows = batch()
    loss = MarginLoss(margin, beta, negatives="all")
    expected = plain_loss(labels, rows, all_negatives(labels), beta, margin)
    value = loss.call(labels, tf.constant(rows))
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_sum_is_divided_by_pairs_and_not_by_triplets():
    # On a circle: 0 and 1 are a class, 90 degrees apart; 2 lies on 0.
    rows = np.array([[1, 0], [0, 1], [1, 0]], np.float32)
    # The positives (0, 1), (1, 0) cost sqrt(2) - 1 and the negatives (0, 2),
    # (2, 0) cost 1.4 - 1e-4; 1 and 2 are beyond 1.4 from each other.
    expected = (2 * (np.sqrt(2) - 1) + 2 * (1.4 - 1e-4)) / 4
    value = MarginLoss(negatives="all").call([0, 0, 1], tf.constant(rows))
    np.testing.assert_allclose(value, expected, rtol=1e-5)


@pytest.mark.parametrize("dim", [1, 2, 3, 16, 512])
@pytest.mark.parametrize("negatives", ["distance_weighted", "nearest", "all"])
def test_value_and_gradient_are_finite_in_any_dimension(dim, negatives):
    value, gradient = value_and_gradient(
        MarginLoss(negatives=negatives), *batch(dim)
    )
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("negatives", ["distance_weighted", "nearest", "all"])
@pytest.mark.parametrize(
    "labels, rows",
    [
        ([0, 0], [[1, 0], [1, 0.1]]),  # one class, near enough
        ([0, 1], [[1, 0], [-1, 0]]),  # no positives, far enough
        ([0], [[1, 0]]),
        ([0, 0, 1, 1], [[1, 0], [1, 0], [-1, 0], [-1, 0]]),  # all is well
    ],
)
def test_a_batch_without_costs_gives_zero(labels, rows, negatives):
    value, gradient = value_and_gradient(
        MarginLoss(negatives=negatives), labels, np.array(rows, np.float32)
    )
    assert value == 0
    assert not gradient.numpy().any()


def test_one_class_costs_its_positive_pairs():
    rows = np.array([[1, 0], [0, 1]], np.float32)
    value, _ = value_and_gradient(MarginLoss(), [0, 0], rows)
    np.testing.assert_allclose(value, np.sqrt(2) - 1, rtol=1e-5)


def test_equal_rows_of_two_classes_cost_all_and_have_finite_gradients():
    rows = np.array([[1, 0]] * 4, np.float32)
    value, gradient = value_and_gradient(MarginLoss(), [0, 0, 1, 1], rows)
    # Only negative pairs cost: beta - 1e-4 + margin each.
    np.testing.assert_allclose(value, 1.2 - 1e-4 + 0.2, rtol=1e-5)
    assert np.isfinite(gradient).all()


def test_float16_is_computed_in_float32():
    labels, rows = batch()
    rows = rows.astype(np.float16)
    value, gradient = value_and_gradient(
        MarginLoss(negatives="all"), labels, rows
    )
    assert value.dtype == np.float32
    assert gradient.dtype == np.float16
    expected = plain_loss(labels, rows, all_negatives(labels))
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_labels_may_be_a_column():
    labels, rows = batch()
    loss = MarginLoss(negatives="all")
    np.testing.assert_array_equal(
        loss.call(labels[:, None], tf.constant(rows)),
        loss.call(labels, tf.constant(rows)),
    )


def test_unknown_negatives_are_refused():
    with pytest.raises(ValueError) as raised:
        MarginLoss(negatives="hard")
    assert str(raised.value) == (
        "negatives must be one of distance_weighted, nearest, all. "
        "Received: 'hard'."
    )


def test_an_addons_loss_trains_and_is_used_as_it_is():
    losses = pytest.importorskip("tensorflow_addons").losses
    model = model_with(losses.TripletSemiHardLoss())
    model.dropout = 0.0
    target = {"label": LABELS, "learner": np.full(8, -1)}
    before = model(IMAGES)
    expected = losses.triplet_semihard_loss(LABELS, before)
    history = model.fit(IMAGES, target, epochs=20, verbose=0).history["loss"]
    np.testing.assert_allclose(history[0], expected, rtol=1e-5)
    assert history[-1] < 0.9 * history[0]
