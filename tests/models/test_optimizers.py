"""Weight decay and learning rates by group, by hand."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import rounding

from dnc_keras._keras import raw_variables
from dnc_keras.models import optimizers

GRADIENT = np.array([3.0, -0.5, 20.0], np.float32)


def zeros(num_variables):
    """Keras variables of three zeros, so that a change is their value."""
    layer = tf.keras.layers.Layer()
    return [
        layer.add_weight(shape=(3,), initializer="zeros", name=f"weight_{i}")
        for i in range(num_variables)
    ]


def apply(optimizer, variables, multipliers, gradients=None):
    optimizers.apply_scaled(
        optimizer,
        gradients or [tf.constant(GRADIENT) for _ in variables],
        variables,
        multipliers,
    )
    return [v.numpy() for v in raw_variables(variables)]


def test_weight_decay_adds_the_gradient_of_the_penalty():
    variables = zeros(1)
    variables[0].assign([1.0, -2.0, 0.0])
    (gradient,) = optimizers.add_weight_decay(
        [tf.constant(GRADIENT)], variables, 0.1
    )
    np.testing.assert_allclose(gradient, [3.1, -0.7, 20.0], rtol=1e-6)


def test_a_variable_without_gradient_gets_no_weight_decay():
    assert optimizers.add_weight_decay([None], zeros(1), 0.1) == [None]


def test_without_weight_decay_the_gradients_stay_as_they_are():
    gradients = [tf.constant(GRADIENT)]
    assert optimizers.add_weight_decay(gradients, zeros(1), 0.0) is gradients


def test_the_change_and_not_the_gradient_is_multiplied():
    adam = tf.keras.optimizers.Adam(0.125, epsilon=1e-12)
    plain, doubled, frozen = apply(adam, zeros(3), [1.0, 2.0, 0.0])
    # The first step of Adam is lr * sign(gradient). Its 1 - 0.999**step loses
    # three digits: an error of the power is a thousand times as large in it.
    expected, rtol = -0.125 * np.sign(GRADIENT), rounding.EPS / (1 - 0.999)
    np.testing.assert_allclose(plain, expected, rtol)
    np.testing.assert_array_equal(doubled, 2 * plain)
    np.testing.assert_array_equal(frozen, [0, 0, 0])


def test_every_step_is_multiplied():
    # Momentum goes on with the plain changes: 0.1 * g, then 0.15 * g more.
    sgd = tf.keras.optimizers.SGD(0.1, momentum=0.5)
    variables = zeros(1)
    for _ in range(2):
        (value,) = apply(sgd, variables, [3.0])
    np.testing.assert_allclose(value, -3 * 0.25 * GRADIENT, rtol=1e-6)


def test_factors_of_one_leave_the_optimizer_alone():
    (value,) = apply(tf.keras.optimizers.SGD(0.1), zeros(1), [1.0])
    np.testing.assert_allclose(value, -0.1 * GRADIENT, rtol=1e-6)


def test_two_replicas_multiply_their_common_change_once(two_replicas):
    with two_replicas.scope():
        variables = zeros(2)
        sgd = tf.keras.optimizers.SGD(0.1)
        sgd.build(variables)

    def step():
        gradients = [tf.constant(GRADIENT)] * 2
        optimizers.apply_scaled(sgd, gradients, variables, [1.0, 5.0])

    tf.function(lambda: two_replicas.run(step))()
    # The gradients of both replicas are added up.
    for variable, factor in zip(raw_variables(variables), [1.0, 5.0]):
        for value in two_replicas.experimental_local_results(variable):
            np.testing.assert_allclose(
                value, -0.2 * factor * GRADIENT, rtol=1e-6
            )


@pytest.mark.parametrize("multiplier", [1.0, 2.0])
def test_a_scaled_step_works_inside_a_function(multiplier):
    variables = zeros(1)
    sgd = tf.keras.optimizers.SGD(0.1)
    sgd.build(variables)

    @tf.function
    def step():
        gradients = [tf.constant(GRADIENT)]
        optimizers.apply_scaled(sgd, gradients, variables, [multiplier])

    step()
    np.testing.assert_allclose(
        raw_variables(variables)[0], -0.1 * multiplier * GRADIENT, rtol=1e-6
    )
