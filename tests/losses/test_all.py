"""What holds for every loss, on any batch."""

import doctest
import importlib

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras import losses
from dnc_keras._keras import keras
from dnc_keras._keras import raw_variables
from dnc_keras.losses.inputs import embedding_loss

LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 3])
SEED = tf.constant([1, 2])


def make(name, embedding_dim):
    if name == "proxy_anchor":
        return losses.ProxyAnchorLoss(4, embedding_dim)
    return losses.BY_NAME[name]()


@pytest.fixture(params=losses.BY_NAME)
def name(request):
    return request.param


def unit_rows(dim, size=len(LABELS), seed=0):
    rows = np.random.default_rng(seed).normal(size=[size, dim])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32)


def step(loss, labels, rows):
    """(value, gradient) of embeddings, as a model computes them."""
    call = embedding_loss(loss)
    with tf.GradientTape() as tape:
        tape.watch(rows)
        value = call(labels, rows, seed=SEED)
    return value, tape.gradient(value, rows)


def value_and_gradient(name, labels, rows):
    rows = tf.convert_to_tensor(rows)
    return step(make(name, rows.shape[1]), tf.constant(labels), rows)


def test_the_example_of_its_docstring_runs(name):
    module = importlib.import_module(losses.BY_NAME[name].__module__)
    result = doctest.testmod(module)
    assert result.attempted > 1
    assert not result.failed


@pytest.mark.parametrize("dim", [16, 512])
@pytest.mark.parametrize("scale", [1e-3, 30.0])
def test_it_is_finite_in_any_dimension(name, dim, scale):
    value, gradient = value_and_gradient(name, LABELS, scale * unit_rows(dim))
    assert value.shape == ()
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    "labels", [[0], [0, 0], [0, 1], [0, 1, 2, 3], [0] * 6, [0, 0, 0, 1, 1, 2]]
)
@pytest.mark.parametrize("rows", ["apart", "equal", "zero"])
def test_it_is_finite_on_any_batch(name, labels, rows):
    apart = unit_rows(3, len(labels))
    rows = {"apart": apart, "equal": apart[:1] + 0 * apart, "zero": 0 * apart}[
        rows
    ]
    value, gradient = value_and_gradient(name, labels, rows)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_dtypes_are_computed_in_float32(name, dtype):
    rows = tf.cast(unit_rows(16), dtype)
    value, gradient = value_and_gradient(name, LABELS, rows)
    rows = tf.cast(rows, tf.float32)
    expected, expected_gradient = value_and_gradient(name, LABELS, rows)
    assert value.dtype == tf.float32
    np.testing.assert_allclose(value, expected, rtol=1e-6)
    assert gradient.dtype == dtype
    np.testing.assert_allclose(
        tf.cast(gradient, tf.float32),
        tf.cast(tf.cast(expected_gradient, dtype), tf.float32),
        rtol=1e-2,
        atol=1e-6,
    )


def test_labels_may_be_a_column(name):
    rows = unit_rows(3)
    value, _ = value_and_gradient(name, LABELS[:, None], rows)
    expected, _ = value_and_gradient(name, LABELS, rows)
    np.testing.assert_array_equal(value, expected)


def test_units_that_are_zero_in_the_batch_change_nothing(name):
    rows = np.pad(unit_rows(4), [(0, 0), (3, 2)])
    value, gradient = value_and_gradient(name, LABELS, rows)
    if name == "proxy_anchor":  # whose proxies have as many units
        loss = losses.ProxyAnchorLoss(4, 4)
        proxies = make(name, 9).proxies.get_weights()[0]
        loss.proxies.set_weights([proxies[:, 3:7]])
    else:
        loss = make(name, 4)
    expected, expected_gradient = step(
        loss, tf.constant(LABELS), tf.constant(rows[:, 3:7])
    )
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    np.testing.assert_allclose(
        gradient[:, 3:7], expected_gradient, rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_compiled_function_gives_the_same(name, jit_compile):
    labels, rows = tf.constant(LABELS), tf.constant(unit_rows(5))
    loss = make(name, 5)
    compiled = tf.function(step, jit_compile=jit_compile)
    value, gradient = compiled(loss, labels, rows)
    if (name, jit_compile) == ("margin", True):
        # XLA draws other negatives.
        assert np.isfinite(value)
        return
    expected, expected_gradient = step(loss, labels, rows)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    np.testing.assert_allclose(
        gradient, expected_gradient, rtol=1e-4, atol=1e-6
    )


def test_4096_rows_take_memory_for_pairs_and_not_for_triplets(name):
    loss = make(name, 16)
    graph = (
        tf.function(lambda labels, rows: step(loss, labels, rows))
        .get_concrete_function(
            tf.TensorSpec([4096], tf.int32), tf.TensorSpec([4096, 16])
        )
        .graph
    )
    shapes = [
        tensor.shape
        for operation in graph.get_operations()
        for tensor in operation.outputs
    ]
    pairs = [shape for shape in shapes if shape.as_list() == [4096, 4096]]
    assert pairs or name == "proxy_anchor"
    known = [shape for shape in shapes if shape.is_fully_defined()]
    assert max(shape.num_elements() for shape in known) < 2 * 4096**2


def start():
    return keras.initializers.GlorotUniform(seed=1)


def images(size):
    shape = [size, 4, 4, 1]
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def network():
    pixels = keras.Input([4, 4, 1])
    flat = keras.layers.Flatten()(pixels)
    units = keras.layers.Dense(6, kernel_initializer=start())(flat)
    return keras.Model(pixels, units)


def weights(model):
    return [v.numpy() for v in raw_variables(model.trainable_variables)]


def test_any_keras_model_trains_with_it(name):
    model = network()
    loss = make(name, 6)
    if name == "proxy_anchor":
        model.proxies = loss.proxies
    model.compile(keras.optimizers.Adam(0.01), loss)
    before = weights(model)
    # Five batches, the last of which is smaller
    history = model.fit(
        np.tile(images(12), [4, 1, 1, 1]),
        np.tile(LABELS, 4),
        batch_size=10,
        epochs=15,
        verbose=0,
    ).history["loss"]
    assert np.isfinite(history).all()
    assert history[-1] < history[0]
    changed = [(a != b).any() for a, b in zip(before, weights(model))]
    assert changed == [True] * (3 if name == "proxy_anchor" else 2)
