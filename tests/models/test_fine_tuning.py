"""Blocks that stay as they are, and learning rates by depth."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.divided_models import start
from helpers.divided_models import train

import dnc_keras as dnc
from dnc_keras._keras import dtype_policy
from dnc_keras._keras import keras
from dnc_keras._keras import raw_variables
from dnc_keras.backbones import build_backbone
from dnc_keras.losses import MarginLoss
from dnc_keras.models.hidden_layers import with_hidden_layers

NAMES = ("stem", "block_1", "block_2", "block_3")


def blocks_backbone():
    """Four dense layers: a stem and three blocks."""
    inputs = keras.Input([8, 8, 3])
    outputs = keras.layers.Flatten()(inputs)
    for name in NAMES:
        outputs = keras.layers.Dense(
            6, "tanh", kernel_initializer=start(), name=name
        )(outputs)
    return keras.Model(inputs, outputs)


def compiled(backbone=blocks_backbone, optimizer=None, **arguments):
    model = dnc.DivideAndConquer(backbone(), embedding_dim=8, dropout=0)
    model.compile(
        optimizer or keras.optimizers.SGD(0.1),
        MarginLoss(negatives="all"),
        **arguments,
    )
    return model


def arrays(weights):
    return [variable.numpy() for variable in raw_variables(list(weights))]


def kernels(model):
    found = {name: model.backbone.get_layer(name).kernel for name in NAMES}
    found["embedding"] = model.embedding.kernel
    return dict(zip(found, arrays(found.values())))


def changes(model, steps=1):
    """How far a step moves the kernel of each layer."""
    before = kernels(model)
    train(model, steps=steps)
    return {
        name: kernel - before[name] for name, kernel in kernels(model).items()
    }


def moved_ones(model, weights):
    """The positions of the weights that a step moves."""
    before = arrays(weights)
    train(model)
    pairs = zip(before, arrays(weights))
    return [i for i, (old, new) in enumerate(pairs) if (old != new).any()]


def assert_factors(**arguments):
    """A step of SGD is so many times a plain step, layer by layer."""
    factors = arguments.pop("factors")
    plain, scaled = changes(compiled()), changes(compiled(**arguments))
    for name, factor in zip([*NAMES, "embedding"], factors):
        assert np.abs(plain[name]).max() > 1e-4
        np.testing.assert_allclose(
            scaled[name], factor * plain[name], rtol=1e-4, atol=1e-8
        )


@pytest.mark.parametrize(
    ("unfreeze", "factors"),
    [
        (None, [1, 1, 1, 1, 1]),
        (3, [0, 1, 1, 1, 1]),
        (1, [0, 0, 0, 1, 1]),
        (0, [0, 0, 0, 0, 1]),
    ],
)
def test_a_step_moves_the_last_blocks_alone(unfreeze, factors):
    assert_factors(unfreeze=unfreeze, factors=factors)


def test_each_block_before_has_a_smaller_step():
    assert_factors(layer_decay=0.5, factors=[1 / 16, 1 / 8, 1 / 4, 1 / 2, 1])


def test_both_go_together_and_with_the_multiplier_of_the_backbone():
    assert_factors(
        unfreeze=2,
        layer_decay=0.5,
        learning_rate_multipliers={"backbone": 3.0},
        factors=[0, 0, 3 / 4, 3 / 2, 1],
    )


def test_the_update_of_adam_is_scaled():
    # Whose first step is the learning rate, whatever the gradient is.
    adam = keras.optimizers.Adam(0.125, epsilon=1e-12)
    moved = changes(compiled(optimizer=adam, layer_decay=0.5))
    for name, factor in zip(NAMES, [1 / 16, 1 / 8, 1 / 4, 1 / 2]):
        np.testing.assert_allclose(
            np.abs(moved[name]).max(), 0.125 * factor, rtol=1e-3
        )


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_backbones_of_16_bits_have_the_same_factors(policy):
    def moved(**arguments):
        sgd = keras.optimizers.SGD(0.1)
        if policy == "mixed_float16":
            sgd = keras.mixed_precision.LossScaleOptimizer(sgd)
        with dtype_policy(policy):
            backbone = blocks_backbone()
        return changes(compiled(lambda: backbone, sgd, **arguments))

    plain, scaled = moved(), moved(unfreeze=2, layer_decay=0.5)
    for name, factor in zip(NAMES, [0, 0, 1 / 4, 1 / 2]):
        assert np.abs(plain[name]).max() > 1e-4
        np.testing.assert_allclose(
            scaled[name], factor * plain[name], rtol=1e-3, atol=1e-7
        )


def test_layers_of_the_head_are_no_part_of_the_backbone():
    def backbone():
        return with_hidden_layers(blocks_backbone(), [5])

    for arguments in ({"unfreeze": 0}, {"unfreeze": 1, "layer_decay": 0.5}):
        plain, model = compiled(backbone), compiled(backbone, **arguments)
        for one, other in zip(plain.weights, model.weights):
            other.assign(one)
        for trained in (plain, model):
            train(trained)
        heads = [m.backbone.get_layer("head") for m in (plain, model)]
        for one, other in zip(*(head.get_weights() for head in heads)):
            np.testing.assert_allclose(one, other, atol=1e-6)
        stem = model.backbone.layers[1].get_layer("stem")
        assert not stem.trainable


def test_weight_decay_does_not_move_what_is_frozen():
    moved = changes(compiled(unfreeze=1, weight_decay=0.5), steps=3)
    assert [name for name in moved if moved[name].any()] == [
        "block_3",
        "embedding",
    ]


def test_statistics_of_frozen_blocks_stay_as_they_are():
    backbone = build_backbone("small_cnn", 8)
    model = dnc.DivideAndConquer(backbone, 8, train_batch_norm=True)
    model.compile("sgd", MarginLoss(negatives="all"), unfreeze=1)
    norms = [
        model.backbone.get_layer(f"block_{block}_norm") for block in range(4)
    ]
    assert moved_ones(model, [norm.moving_mean for norm in norms]) == [3]


@keras.utils.register_keras_serializable("test_fine_tuning")
class Tokens(keras.layers.Layer):
    """A layer with a weight of its own before the blocks that are in it."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.flatten = keras.layers.Flatten()
        self.parts = [
            keras.layers.Dense(6, "tanh", name=name)
            for name in ("block_1", "block_2")
        ]

    def build(self, shape):
        self.shift = self.add_weight(
            shape=[192], initializer="ones", name="shift"
        )
        self.parts[0].build([None, 192])
        self.parts[1].build([None, 6])
        self.built = True

    def call(self, images):
        rows = self.flatten(images) + self.shift
        for part in self.parts:
            rows = part(rows)
        return rows


def test_a_weight_before_blocks_of_the_same_layer_stays_as_it_is():
    def backbone():
        inputs = keras.Input([8, 8, 3])
        return keras.Model(inputs, Tokens(name="tokens")(inputs))

    model = compiled(backbone, unfreeze=1)
    tokens = model.backbone.get_layer("tokens")
    weights = [tokens.shift, *(part.kernel for part in tokens.parts)]
    assert moved_ones(model, weights) == [2]


def test_a_loaded_model_goes_on_with_its_frozen_blocks(tmp_path):
    model = compiled(unfreeze=1, layer_decay=0.5)
    train(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    expected, moved = changes(model), changes(loaded)
    assert not moved["block_2"].any()
    for name, change in expected.items():
        np.testing.assert_allclose(moved[name], change, atol=1e-7)


def test_two_replicas_move_the_same_blocks(two_replicas):
    with two_replicas.scope():
        model = compiled(unfreeze=1, layer_decay=0.5)
    moved, expected = changes(model), changes(compiled(unfreeze=1))
    assert not moved["block_2"].any()
    np.testing.assert_allclose(
        moved["block_3"], 0.5 * expected["block_3"], rtol=1e-3, atol=1e-7
    )


def test_frozen_blocks_take_no_memory_of_the_optimizer():
    adam = keras.optimizers.Adam
    frozen, whole = (
        compiled(optimizer=adam(), unfreeze=0),
        compiled(optimizer=adam()),
    )
    # Two moments for kernel and bias of four layers.
    num = len(raw_variables(whole.optimizer)) - len(
        raw_variables(frozen.optimizer)
    )
    assert num == 2 * 2 * 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"unfreeze": 4},
            "unfreeze must be at most the 3 blocks of the backbone. Received: "
            "4. Use 3, or -1 for all of the backbone.",
        ),
        (
            {"layer_decay": 0},
            "layer_decay must be above 0 and at most 1. Received: 0.",
        ),
        (
            {"unfreeze": -2},
            "unfreeze must be an integer of 0 or more. Received: -2.",
        ),
    ],
)
def test_values_without_sense_are_refused(arguments, message):
    with pytest.raises(ValueError) as raised:
        compiled(**arguments)
    assert str(raised.value) == message


def test_a_backbone_without_blocks_is_refused():
    def backbone():
        return keras.Sequential(
            [keras.Input([8, 8, 3]), keras.layers.Flatten()]
            + [keras.layers.Dense(3)],
            name="plain",
        )

    with pytest.raises(ValueError) as raised:
        compiled(backbone, layer_decay=0.5)
    assert "Received: a backbone without any, 'plain'." in str(raised.value)
    assert not compiled(backbone, unfreeze=0).backbone.trainable_variables


def test_a_backbone_that_is_not_built_is_refused():
    def backbone():
        return keras.Sequential([keras.layers.Dense(3)])

    with pytest.raises(ValueError, match="Call it on a batch first"):
        compiled(backbone, unfreeze=1)
