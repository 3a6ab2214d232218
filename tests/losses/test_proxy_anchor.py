"""`ProxyAnchorLoss` against plain loops over proxies."""

import numpy as np
import pytest
import tensorflow as tf

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.losses import ProxyAnchorLoss

LABELS = np.array([0, 0, 1, 3, 3])
RANDOM = np.random.default_rng(0)
ROWS = RANDOM.normal(size=[5, 6])
PROXIES = RANDOM.normal(size=[4, 6])


def plain_loss(rows, proxies, margin=0.1, alpha=32.0):
    """Equation 4, one proxy and one row at a time; class 2 is absent."""
    used = (rows != 0).any(axis=0)
    pulls, pushes = [], []
    for own, proxy in enumerate(proxies):
        pull = push = 1.0
        for label, row in zip(LABELS, rows):
            lengths = np.linalg.norm(row[used]) * np.linalg.norm(proxy[used])
            cosine = row[used] @ proxy[used] / lengths
            if label == own:
                pull += np.exp(-alpha * (cosine - margin))
            else:
                push += np.exp(alpha * (cosine + margin))
        if own in LABELS:
            pulls.append(np.log(pull))
        pushes.append(np.log(push))
    return np.mean(pulls) + np.mean(pushes)


def differences(function, values, step=1e-6):
    """The gradient of a function of an array, by central differences."""
    gradient = np.zeros_like(values)
    for place in np.ndindex(values.shape):
        moved = np.zeros_like(values)
        moved[place] = step
        up, down = function(values + moved), function(values - moved)
        gradient[place] = (up - down) / (2 * step)
    return gradient


def make(proxies=PROXIES, **kwargs):
    loss = ProxyAnchorLoss(*proxies.shape, **kwargs)
    loss.proxies.set_weights([proxies])
    return loss


def value_and_gradients(loss, rows):
    rows = tf.constant(rows, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(rows)
        value = loss.call(tf.constant(LABELS), rows)
    weights = loss.proxies.trainable_variables[0]
    weights = weights if isinstance(weights, tf.Variable) else weights.value
    return value, tape.gradient(value, [rows, weights])


@pytest.mark.parametrize("margin, alpha", [(0.1, 32.0), (0.3, 2.0)])
def test_value_and_gradients_are_those_of_plain_loops(margin, alpha):
    value, gradients = value_and_gradients(
        make(margin=margin, alpha=alpha), ROWS
    )

    def plain(rows, proxies):
        return plain_loss(rows, proxies, margin, alpha)

    np.testing.assert_allclose(value, plain(ROWS, PROXIES), rtol=1e-5)
    for gradient, expected in zip(
        gradients,
        (
            differences(lambda rows: plain(rows, PROXIES), ROWS),
            differences(lambda proxies: plain(ROWS, proxies), PROXIES),
        ),
    ):
        np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=1e-4)


def test_units_of_other_learners_do_not_count():
    rows = ROWS * [0, 1, 1, 0, 0, 0]
    value, (_, gradient) = value_and_gradients(make(), rows)
    np.testing.assert_allclose(value, plain_loss(rows, PROXIES), rtol=1e-5)
    assert (gradient.numpy()[:, [0, 3, 4, 5]] == 0).all()
    assert (gradient.numpy()[:, 1:3] != 0).all()


def test_the_start_is_that_of_the_seed():
    starts = [
        ProxyAnchorLoss(200, 8, seed=seed).proxies.get_weights()[0]
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(starts[0], starts[1])
    assert (starts[0] != starts[2]).any()
    np.testing.assert_allclose(starts[0].std(), 0.1, rtol=0.1)


def test_a_model_trains_and_saves_the_proxies(tmp_path):
    backbone = keras.Sequential([keras.Input([6]), keras.layers.Dense(8)])
    model = dnc.DivideAndConquer(backbone, 6, 1)
    loss = make()
    model.compile(
        keras.optimizers.SGD(0.1), loss, learning_rate_multipliers={"loss": 9.0}
    )
    rows = ROWS.astype(np.float32)
    history = model.fit(rows, LABELS, epochs=20, verbose=0).history["loss"]
    assert history[-1] < 0.8 * history[0]
    trained = loss.proxies.get_weights()[0]
    assert (trained != PROXIES.astype(np.float32)).any()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.loss_state.variables[0], trained)


@pytest.mark.parametrize("name", ["num_classes", "embedding_dim", "alpha"])
def test_numbers_must_be_positive(name):
    arguments = {"num_classes": 2, "embedding_dim": 2, name: 0}
    with pytest.raises(ValueError) as raised:
        ProxyAnchorLoss(**arguments)
    assert str(raised.value).startswith(f"{name} must be ")
    assert str(raised.value).endswith("above 0. Received: 0.")


def test_embeddings_of_another_length_are_refused():
    with pytest.raises(ValueError) as raised:
        make().call(LABELS, tf.zeros([5, 3]))
    assert str(raised.value) == (
        "Embeddings must be as long as the proxies. Received: embeddings of 3 "
        "units, embedding_dim=6. Make the loss with embedding_dim=3."
    )


def test_a_class_without_a_proxy_is_refused():
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="integers below num_classes=4"
    ):
        make().call([0, 4], tf.ones([2, 6]))
