"""The negatives that the margin loss chooses."""

import numpy as np
import pytest
import tensorflow as tf
from helpers.margin_cases import SEED
from helpers.margin_cases import all_negatives
from helpers.margin_cases import batch
from helpers.margin_cases import plain_distances
from helpers.margin_cases import plain_loss
from helpers.margin_cases import value_and_gradient

from dnc_keras.losses import MarginLoss
from dnc_keras.losses import margin


def plain_gradient(function, rows, step=1e-5):
    """Central differences, one number of the rows at a time."""
    rows = np.asarray(rows, np.float64)
    slope = np.zeros_like(rows)
    for place in np.ndindex(*rows.shape):
        change = np.zeros_like(rows)
        change[place] = step
        difference = function(rows + change) - function(rows - change)
        slope[place] = difference / (2 * step)
    return slope


def nearest_negatives(labels, rows, cutoff=0.5):
    distances = plain_distances(rows)
    chosen = np.zeros(distances.shape, bool)
    for i, label in enumerate(labels):
        count = np.sum(labels == label) - 1
        order = [
            j
            for j in np.argsort(distances[i])
            if labels[j] != label and distances[i, j] >= cutoff
        ]
        chosen[i, order[:count]] = True
    return chosen


@pytest.fixture
def draw(monkeypatch):
    """`draw(loss, labels, rows, seed)`: the negatives that the loss uses."""
    chosen = []
    choose = margin.choose_largest

    def recording(keys, counts):
        chosen.append(choose(keys, counts))
        return chosen[-1]

    def draw(loss, labels, rows, seed=SEED):
        loss.call(tf.constant(labels), tf.constant(rows), seed=seed)
        return chosen.pop()

    monkeypatch.setattr(margin, "choose_largest", recording)
    return draw


def test_nearest_negatives_are_those_of_plain_loops(draw):
    labels, rows = batch(dim=3)
    expected = nearest_negatives(labels, rows)
    chosen = draw(MarginLoss(negatives="nearest"), labels, rows)
    np.testing.assert_array_equal(chosen, expected)
    assert (plain_distances(rows)[all_negatives(labels)] < 0.5).any()


def test_loss_of_nearest_negatives_is_that_of_plain_loops():
    labels, rows = batch(dim=3)
    expected = plain_loss(labels, rows, nearest_negatives(labels, rows))
    value = MarginLoss(negatives="nearest").call(labels, tf.constant(rows))
    np.testing.assert_allclose(value, expected, rtol=1e-5)


def test_nearest_never_falls_back_on_positives(draw):
    # Two positives each, but a single negative beyond the cutoff.
    labels = np.array([0, 0, 0, 1, 2])
    rows = np.array([[1, 0], [1, 0.01], [1, -0.01], [1, 0.1], [-1, 0]], "f")
    chosen = draw(MarginLoss(negatives="nearest"), labels, rows)
    assert chosen.numpy().astype(int).tolist() == [
        [0, 0, 0, 0, 1],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
    ]


@pytest.mark.parametrize("dim", [4, 16, 512])
def test_draws_are_other_classes_within_the_cutoff_and_as_many(draw, dim):
    labels, rows = batch(dim)
    allowed = all_negatives(labels) & (plain_distances(rows) < 1.4)
    expected = np.minimum(allowed.sum(axis=1), 2)
    for seed in range(20):
        drawn = draw(MarginLoss(), labels, rows, [seed, 0]).numpy()
        assert not (drawn & ~allowed).any()
        np.testing.assert_array_equal(drawn.sum(axis=1), expected)


# A batch of unknown size is taken for a large one, which measures the drawn
# pairs alone.
@pytest.mark.parametrize("num_rows", [12, None], ids=["small", "large"])
def test_loss_of_drawn_negatives_is_that_of_plain_loops(draw, num_rows):
    labels, rows = batch()
    drawn = draw(MarginLoss(), labels, rows).numpy()
    call = tf.function(
        lambda rows: value_and_gradient(MarginLoss(), labels, rows),
        input_signature=[tf.TensorSpec([num_rows, rows.shape[1]])],
    )
    value, gradient = call(rows)
    expected = plain_loss(labels, rows, drawn)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    slope = plain_gradient(lambda rows: plain_loss(labels, rows, drawn), rows)
    np.testing.assert_allclose(gradient, slope, atol=1e-5)


def test_equal_seeds_draw_the_same_and_others_do_not(draw):
    labels, rows = batch()
    first = draw(MarginLoss(), labels, rows, [1, 2])
    again = draw(MarginLoss(), labels, rows, [1, 2])
    other = draw(MarginLoss(), labels, rows, [1, 3])
    np.testing.assert_array_equal(first, again)
    assert (first != other).numpy().any()


def test_without_a_seed_the_global_generator_draws(draw):
    labels, rows = batch()
    tf.random.set_seed(3)
    first = draw(MarginLoss(), labels, rows, None)
    second = draw(MarginLoss(), labels, rows, None)
    tf.random.set_seed(3)
    np.testing.assert_array_equal(first, draw(MarginLoss(), labels, rows, None))
    assert (first != second).numpy().any()


@pytest.mark.parametrize("masked_units", [0, 12])
def test_draws_are_uniform_over_distances(draw, masked_units):
    """Their frequencies are 1 / q(D) in as many dimensions as are used."""
    distances = np.array([0.3, 0.6, 0.9, 1.1, 1.35, 1.5])
    cosines = 1 - distances**2 / 2
    rows = np.zeros([8, 4 + masked_units], np.float32)
    rows[:2, 0] = 1  # the anchor, and its only positive
    rows[2:, 0] = cosines
    for i, sine in enumerate(np.sqrt(1 - cosines**2)):
        rows[2 + i, 1 + i % 3] = sine
    # q(D) ~ D**(d - 2) * (1 - D**2 / 4)**((d - 3) / 2), d = 4, D >= 0.5
    clipped = np.maximum(distances, 0.5)
    weights = 1 / (clipped**2 * np.sqrt(1 - clipped**2 / 4))
    weights[distances > 1.4] = 0
    loss = MarginLoss()

    def draw_of_anchor(step):
        seed = tf.stack([7, step])
        return draw(loss, [0, 0, 1, 2, 3, 4, 5, 6], rows, seed)[0, 2:]

    @tf.function
    def many_draws():
        return tf.map_fn(
            draw_of_anchor, tf.range(3000), fn_output_signature=tf.bool
        )

    drawn = many_draws().numpy()
    assert (drawn.sum(axis=1) == 1).all()
    np.testing.assert_allclose(
        drawn.mean(axis=0), weights / weights.sum(), atol=0.03
    )


def test_no_positives_draw_no_negatives(draw):
    _, rows = batch()
    drawn = draw(MarginLoss(), np.arange(12), rows)
    assert not drawn.numpy().any()
