"""`MultiSimilarityLoss` against plain loops over rows."""

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras.losses import MultiSimilarityLoss

LABELS = np.array([0, 0, 0, 1, 1, 2, 3, 3, 3])


def unit_rows(dim, seed=0):
    rows = np.random.default_rng(seed).normal(size=[len(LABELS), dim])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def hard_pairs(cosines, row, epsilon=0.1):
    """Cosines of the hard positives and negatives of a row."""
    same = LABELS == LABELS[row]
    far = cosines[row, ~same]
    same[row] = False
    near = cosines[row, same]
    if not len(near) or not len(far):
        return [], []
    return (
        [s for s in near if s < max(far) + epsilon],
        [s for s in far if s > min(near) - epsilon],
    )


def plain_loss(rows, alpha=2.0, beta=50.0, base=0.5):
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines, total = unit @ unit.T, 0.0
    for row in range(len(rows)):
        near, far = hard_pairs(cosines, row)
        pull = sum(np.exp(-alpha * (s - base)) for s in near)
        push = sum(np.exp(beta * (s - base)) for s in far)
        total += np.log(1 + pull) / alpha + np.log(1 + push) / beta
    return total / len(rows)


@pytest.mark.parametrize("dim", [3, 16, 512])
def test_value_is_that_of_plain_loops(dim):
    for seed in range(3):
        rows = unit_rows(dim, seed)
        value = MultiSimilarityLoss().call(LABELS, 3.0 * rows)
        np.testing.assert_allclose(value, plain_loss(rows), rtol=1e-5)


def test_gradient_is_that_of_differences():
    rows, step = 2 * unit_rows(3), 1e-6
    arguments = {"alpha": 3.0, "beta": 20.0, "base": 0.4}
    tensor = tf.constant(rows, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        value = MultiSimilarityLoss(**arguments).call(LABELS, tensor)
    gradient = tape.gradient(value, tensor).numpy()
    for place in np.ndindex(rows.shape):
        moved = np.zeros_like(rows)
        moved[place] = step
        up = plain_loss(rows + moved, **arguments)
        down = plain_loss(rows - moved, **arguments)
        slope = (up - down) / (2 * step)
        np.testing.assert_allclose(gradient[place], slope, atol=1e-5)


def test_easy_pairs_cost_nothing():
    # Positives at cosine 1, negatives at 0 and -1: none is hard.
    rows = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [-1, 0]], np.float32)
    assert MultiSimilarityLoss().call([0, 0, 1, 1, 2], rows) == 0


def test_rows_without_positives_or_negatives_cost_nothing():
    rows = unit_rows(3)
    assert MultiSimilarityLoss().call(np.arange(9), rows) == 0
    assert MultiSimilarityLoss().call(np.zeros(9), rows) == 0


def test_a_larger_epsilon_takes_more_pairs():
    rows = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    assert MultiSimilarityLoss(epsilon=0.9).call([0, 0, 1], rows) == 0
    # 0 and 1 now have the positive at 1 and the negative at 0.
    row_cost = np.log(1 + np.exp(-1.0)) / 2 + np.log(1 + np.exp(-25.0)) / 50
    value = MultiSimilarityLoss(epsilon=1.1).call([0, 0, 1], rows)
    np.testing.assert_allclose(value, 2 * row_cost / 3, rtol=1e-6)


@pytest.mark.parametrize("name", ["alpha", "beta"])
def test_scales_must_be_positive(name):
    with pytest.raises(ValueError) as raised:
        MultiSimilarityLoss(**{name: 0.0})
    assert str(raised.value) == f"{name} must be above 0. Received: 0.0."
