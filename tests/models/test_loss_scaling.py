"""Scaled losses give the steps of plain ones."""

import numpy as np
import pytest
import tensorflow as tf

import dnc_keras as dnc
from dnc_keras._keras import dtype_policy
from dnc_keras._keras import keras
from dnc_keras._keras import optimizer_variables
from dnc_keras._keras import raw_variables

IMAGES = np.random.default_rng(0).normal(size=[40, 4]).astype(np.float32)
LABELS = np.tile([0, 0, 1, 1], 10)


def _model(optimizer, policy=""):
    with dtype_policy(policy):
        start = keras.initializers.GlorotUniform(seed=1)
        backbone = keras.Sequential(
            [
                keras.Input([4]),
                keras.layers.Dense(6, kernel_initializer=start),
            ]
        )
    model = dnc.DivideAndConquer(backbone, 8, 2, masks="learned")
    model.compile(
        optimizer,
        dnc.losses.MultiSimilarityLoss(),
        learning_rate_multipliers={"embedding": 2.0},
        weight_decay=0.1,
    )
    return model


def _fit(model):
    batches = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(8)
    model.fit(batches, shuffle=False, verbose=0)
    return [v.numpy() for v in raw_variables(model.trainable_variables)]


def _scaled(scale):
    return keras.mixed_precision.LossScaleOptimizer(
        keras.optimizers.SGD(0.1), initial_scale=scale
    )


def _assert_close(received, expected, tolerance):
    for one, other in zip(received, expected):
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)


def test_a_scaled_loss_trains_as_a_plain_one():
    expected = _fit(_model(keras.optimizers.SGD(0.1)))
    _assert_close(_fit(_model(_scaled(2.0**10))), expected, 1e-6)


def test_float16_trains_nearly_as_float32():
    expected = _fit(_model(keras.optimizers.SGD(0.1)))
    received = _fit(_model(_scaled(2.0**10), "mixed_float16"))
    _assert_close(received, expected, 5e-3)


def test_a_step_with_infinite_gradients_is_left_out():
    model = _model(_scaled(2.0**100), "mixed_float16")
    before = [v.numpy() for v in raw_variables(model.trainable_variables)]
    _assert_close(_fit(model), before, 0.0)


@pytest.mark.parametrize("scale, tolerance", [(2.0**10, 1e-6), (2.0**100, 0)])
def test_two_replicas_scale_as_one(two_replicas, scale, tolerance):
    expected = _fit(_model(_scaled(scale), "mixed_float16"))
    with two_replicas.scope():
        model = _model(_scaled(scale), "mixed_float16")
    _assert_close(_fit(model), expected, max(tolerance, 2e-3))


def test_the_policy_of_before_comes_back_after_an_error():
    before = keras.mixed_precision.global_policy()
    with pytest.raises(RuntimeError), dtype_policy("mixed_bfloat16"):
        raise RuntimeError
    assert keras.mixed_precision.global_policy() is before


def test_the_scale_is_among_what_the_optimizer_remembers():
    optimizer = keras.mixed_precision.LossScaleOptimizer(
        keras.optimizers.Adam(), initial_scale=2.0**13
    )
    optimizer.build([tf.Variable([1.0])])
    values = [v.numpy() for v in optimizer_variables(optimizer)]
    assert [v for v in values if np.ndim(v) == 0].count(2.0**13) == 1
