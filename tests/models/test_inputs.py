"""Tests of what reaches a backbone."""

import numpy as np
import pytest
import tensorflow as tf
from helpers.walks import IMAGES
from helpers.walks import Conv
from helpers.walks import Tokens
from helpers.walks import several_outputs
from helpers.walks import subclassed_branches

import dnc_keras as dnc
from dnc_keras._keras import dtype_policy
from dnc_keras._keras import keras
from dnc_keras.models.inputs import as_json
from dnc_keras.models.inputs import declared_inputs
from dnc_keras.models.inputs import empty_batch
from dnc_keras.models.inputs import received_inputs

# Float types of 16 bits take many of them for each other.
MANY_TOKENS = np.arange(3000).reshape(-1, 1)


def _table():
    return keras.layers.Embedding(
        3000, 4, embeddings_initializer=keras.initializers.RandomUniform(seed=1)
    )


def _declared():
    tokens = keras.Input([1], dtype="int32")
    return keras.Model(tokens, keras.layers.Flatten()(_table()(tokens)))


def _undeclared():
    return Rows()


@keras.utils.register_keras_serializable("test_inputs")
class Rows(keras.Model):
    def __init__(self):
        super().__init__()
        self.table = _table()

    def call(self, tokens):
        return self.table(tokens)[:, 0]


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", ""])
@pytest.mark.parametrize("backbone", [_declared, _undeclared])
def test_token_ids_stay_apart_under_every_policy(policy, backbone):
    with dtype_policy(policy):
        model = dnc.DivideAndConquer(backbone(), 4, 2)
        features = model.features(MANY_TOKENS).numpy()
    table = model.backbone.get_weights()[0]
    expected = tf.cast(tf.cast(table, model.backbone.compute_dtype), tf.float32)
    np.testing.assert_array_equal(features, expected)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", ""])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "int64"])
@pytest.mark.parametrize("declared", [False, True])
def test_integer_pixels_are_what_their_floats_are(policy, dtype, declared):
    with dtype_policy(policy):
        backbone = Conv()
        if declared:
            pixels = keras.Input([8, 8, 3])
            backbone = keras.Model(pixels, backbone(pixels))
        model = dnc.DivideAndConquer(backbone, 4, 2)
        pixels = IMAGES.astype(dtype)
        floats = model.features(pixels.astype(np.float32))
        np.testing.assert_array_equal(model.features(pixels), floats)


def test_tokens_that_keras_would_round_are_refused_or_stay_apart():
    with dtype_policy("mixed_bfloat16"):
        backbone = keras.Sequential([_table(), keras.layers.Flatten()])
        model = dnc.DivideAndConquer(backbone, 4, 2)
        try:
            features = model.features(MANY_TOKENS).numpy()
        except ValueError as error:
            assert "Begin it with Input(shape, dtype='int32')" in str(error)
        else:
            assert len(np.unique(features, axis=0)) == 3000


def test_what_a_backbone_refuses_for_another_reason_is_its_own_error():
    model = dnc.DivideAndConquer(Tokens(), 4, 2)
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
        model(np.array([[60]]))  # Its table ends at 50.


@pytest.mark.parametrize("walk", [several_outputs, subclassed_branches])
def test_an_empty_batch_is_like_the_first_one(walk):
    _, inputs, _ = walk()
    empty = empty_batch(as_json(received_inputs(inputs)))
    shapes = tf.nest.map_structure(lambda x: (1, *x.shape[1:]), inputs)
    assert tf.nest.map_structure(lambda x: tuple(x.shape), empty) == shapes


def test_models_that_declare_nothing_are_told_from_those_that_do():
    assert declared_inputs(Conv()) is None
    assert declared_inputs(keras.layers.Dense(2)) is None
    assert declared_inputs(keras.Sequential([keras.layers.Dense(2)])) is None
    (size,) = several_outputs()[0].inputs
    spec = declared_inputs(several_outputs()[0])
    assert spec == tf.TensorSpec([None, 5], tf.float32)
    assert spec.shape[1:] == tuple(size.shape)[1:]
