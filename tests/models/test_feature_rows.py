"""Tests of how outputs of a backbone become rows."""

import numpy as np
import pytest
import tensorflow as tf
from helpers.divided_models import IMAGES
from helpers.walks import several_outputs

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.models.feature_rows import feature_rows

MAPS = np.arange(48.0, dtype=np.float32).reshape(2, 3, 4, 2) % 7


@pytest.mark.parametrize("pooling, rows", [("mean", np.mean), ("max", np.max)])
@pytest.mark.parametrize("outputs", [MAPS, MAPS[:, 0], MAPS[:, :, :, None]])
def test_all_that_lies_between_is_pooled(outputs, pooling, rows):
    expected = rows(outputs, axis=tuple(range(1, outputs.ndim - 1)))
    received = feature_rows(tf.constant(outputs), pooling)
    np.testing.assert_allclose(received, expected, rtol=1e-6)


def test_the_first_token_is_taken():
    received = feature_rows(tf.constant(MAPS[:, 0]), "first")
    np.testing.assert_array_equal(received, MAPS[:, 0, 0])


def test_rows_stay_as_they_are_in_float32():
    rows = tf.constant([[1.0, 2.0]], tf.bfloat16)
    received = feature_rows(rows, "max")
    assert received.dtype == tf.float32
    np.testing.assert_array_equal(received, [[1.0, 2.0]])


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_masked_tokens_are_left_out(pooling):
    tokens = np.array([[3, 1, 0, 0], [2, 2, 5, 1], [0, 0, 0, 0]])
    embed = keras.layers.Embedding(6, 2, mask_zero=True)
    table = np.array([[90, -90], [1, -1], [2, 8], [3, 5], [4, 4], [6, -6]])
    embed(tokens)
    embed.set_weights([table])
    reduce = {"mean": np.mean, "max": np.max}[pooling]
    expected = [
        reduce(table[[3, 1]], axis=0),
        reduce(table[[2, 2, 5, 1]], axis=0),
        [0, 0],
    ]
    received = feature_rows(embed(tokens), pooling)
    np.testing.assert_allclose(received, expected, rtol=1e-6)


@pytest.mark.parametrize(
    "shape, pooling", [([3], "mean"), ([2, 3, 4, 5], "first")]
)
def test_what_cannot_be_pooled_is_refused(shape, pooling):
    with pytest.raises(ValueError, match="End it with a layer that makes rows"):
        feature_rows(tf.zeros(shape), pooling)


@pytest.mark.parametrize("outputs", [{"a": 1, "b": 2}, [1, 2]])
@pytest.mark.parametrize("key", [None, "c"])
def test_an_output_of_several_must_be_named(outputs, key):
    outputs = tf.nest.map_structure(lambda x: tf.fill([1, 2], x), outputs)
    with pytest.raises(
        ValueError, match=f"feature_key must.*Received: .?{key}"
    ):
        feature_rows(outputs, "mean", key)


@pytest.mark.parametrize("outputs, key", [({"a": 1, "b": 2}, "b"), ([1, 2], 1)])
def test_the_named_output_is_taken(outputs, key):
    outputs = tf.nest.map_structure(lambda x: tf.fill([1, 2], x), outputs)
    assert feature_rows(outputs, "mean", key).numpy().tolist() == [[2, 2]]


def test_a_model_with_several_outputs_wants_a_key():
    backbone, _, _ = several_outputs()
    with pytest.raises(ValueError, match="feature_key must name one"):
        dnc.DivideAndConquer(backbone, 4, 2)


def test_features_of_a_model_are_pooled_as_it_says():
    backbone = keras.Sequential(
        [keras.Input([8, 8, 3]), keras.layers.Reshape([8, 24])]
    )
    model = dnc.DivideAndConquer(backbone, 4, 2, pooling="first")
    expected = IMAGES[:, 0].reshape(8, 24)
    np.testing.assert_array_equal(model.features(IMAGES), expected)
