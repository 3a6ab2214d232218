"""`MaskedDense` against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras._keras import raw_variables
from dnc_keras.layers import MaskedDense

INPUTS = np.random.default_rng(0).normal(size=[4, 3]).astype(np.float32)


def layer_and_weights(learned=False):
    """Six units in three groups, with a bias that is not zero."""
    layer = MaskedDense(6, num_groups=3, learned=learned)
    layer.build((None, 3))
    kernel = np.arange(18.0, dtype=np.float32).reshape(3, 6) - 8
    bias = np.arange(1.0, 7.0, dtype=np.float32)
    layer.kernel.assign(kernel)
    layer.bias.assign(bias)
    return layer, kernel, bias


@pytest.mark.parametrize("group", [None, -1, tf.constant(-1)])
def test_without_a_group_it_is_a_dense_layer(group):
    layer, kernel, bias = layer_and_weights()
    outputs = layer(INPUTS, group=group)
    np.testing.assert_allclose(outputs, INPUTS @ kernel + bias, rtol=1e-5)


@pytest.mark.parametrize("group", [0, 1, 2])
def test_units_of_other_groups_are_zero(group):
    layer, kernel, bias = layer_and_weights()
    expected = np.zeros([4, 6])
    own = slice(2 * group, 2 * group + 2)
    expected[:, own] = INPUTS @ kernel[:, own] + bias[own]
    outputs = layer(INPUTS, group=group).numpy()
    np.testing.assert_allclose(outputs, expected, rtol=1e-5)
    assert (np.delete(outputs, np.r_[own], axis=1) == 0.0).all()


def test_group_may_differ_from_row_to_row():
    layer, _, _ = layer_and_weights()
    outputs = layer(INPUTS, group=tf.constant([0, 2, -1, 1])).numpy()
    for row, group in enumerate([0, 2, -1, 1]):
        np.testing.assert_array_equal(
            outputs[row], layer(INPUTS, group=group)[row]
        )


def test_masks_own_one_run_of_units_each():
    layer, _, _ = layer_and_weights()
    assert layer.masks.numpy().tolist() == [
        [1, 1, 0, 0, 0, 0],
        [0, 0, 1, 1, 0, 0],
        [0, 0, 0, 0, 1, 1],
    ]


def test_other_groups_get_no_gradient():
    layer, _, _ = layer_and_weights()
    weights = raw_variables([layer.kernel, layer.bias])
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(INPUTS, group=1) ** 2)
    for gradient in tape.gradient(total, weights):
        others = np.delete(gradient, [2, 3], axis=-1)
        assert (others == 0.0).all()
        assert (np.take(gradient, [2, 3], axis=-1) != 0.0).all()


def test_fixed_masks_are_not_trained():
    layer, _, _ = layer_and_weights()
    assert len(layer.trainable_variables) == 2
    assert len(layer.non_trainable_variables) == 2


def test_learned_masks_start_with_ones_and_are_trained():
    layer, kernel, bias = layer_and_weights(learned=True)
    assert (layer.masks.numpy() == np.ones([3, 6])).all()
    assert len(layer.trainable_variables) == 3
    np.testing.assert_allclose(
        layer(INPUTS, group=2), INPUTS @ kernel + bias, rtol=1e-5
    )


def test_negative_mask_weights_count_as_zero():
    layer, kernel, bias = layer_and_weights(learned=True)
    layer.mask_weights.assign(np.tile([[-2.0, 0.5]], [3, 3]))
    expected = (INPUTS @ kernel + bias) * np.tile([0.0, 0.5], 3)
    np.testing.assert_allclose(layer(INPUTS, group=0), expected, rtol=1e-5)


def test_each_group_starts_as_a_glorot_layer_of_its_own():
    layer = MaskedDense(400, num_groups=4, seed=1)
    layer.build((None, 300))
    for kernel in np.split(layer.kernel.numpy(), 4, axis=1):
        # 30,000 values: the estimate's own deviation is 0.4%.
        np.testing.assert_allclose(
            kernel.std(), np.sqrt(2 / (300 + 100)), rtol=0.02
        )
        assert abs(kernel.mean()) < 0.002
    assert (layer.bias.numpy() == 0).all()


def test_kernel_is_a_function_of_the_seed():
    kernels = []
    for seed in (1, 1, 2):
        layer = MaskedDense(4, num_groups=2, seed=seed)
        layer.build((None, 3))
        kernels.append(layer.kernel.numpy())
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert (kernels[0] != kernels[2]).all()


def test_a_new_group_does_not_trace_again():
    layer, _, _ = layer_and_weights()
    traces = []

    @tf.function
    def call(group):
        traces.append(group)
        return layer(INPUTS, group=group)

    for group in (0, 1, 2, -1):
        call(tf.constant(group))
    assert len(traces) == 1


def test_output_shape_has_all_units():
    layer = MaskedDense(6, num_groups=3)
    assert tuple(layer.compute_output_shape((None, 3))) == (None, 6)


def test_groups_that_do_not_divide_the_units_are_refused():
    with pytest.raises(ValueError) as raised:
        MaskedDense(130, num_groups=4)
    assert str(raised.value) == (
        "num_groups must divide units. Received: units=130, num_groups=4. "
        "Use units=128 or 132."
    )


def built(learned=False):
    layer = MaskedDense(4, num_groups=4, learned=learned)
    layer.build((None, 3))
    return layer


def test_one_active_group_has_all_units_and_each_doubling_cuts_them():
    layer = built()
    layer.activate(1)
    assert layer.num_active_groups == 1
    assert layer.masks.numpy().tolist() == [[1] * 4] + 3 * [[0] * 4]
    layer.double()
    assert layer.num_active_groups == 2
    halves = [[1, 1, 0, 0], [0, 0, 1, 1]]
    assert layer.masks.numpy().tolist() == halves + 2 * [[0] * 4]
    layer.double()
    assert layer.num_active_groups == 4
    assert layer.masks.numpy().tolist() == np.eye(4).tolist()


def test_learned_masks_are_copied_to_both_groups():
    layer = built(learned=True)
    layer.activate(1)
    layer.double()
    rows = [[0.5, 1, 2, -3], [0.1, 0.2, 0.3, 0.4]]
    layer.mask_weights.assign(np.pad(rows, [[0, 2], [0, 0]]))
    layer.double()
    np.testing.assert_allclose(
        layer.mask_weights.numpy(), [rows[0], rows[0], rows[1], rows[1]]
    )


def test_more_groups_than_there_are_cannot_be_active():
    layer = built()
    with pytest.raises(ValueError, match="num_active=8"):
        layer.double()
    with pytest.raises(ValueError, match="num_active=3"):
        layer.activate(3)
    assert layer.num_active_groups == 4
