"""Blocks of networks, by the numbers in the names of their layers."""

from __future__ import annotations

import pytest

from dnc_keras._keras import keras
from dnc_keras.backbones import build_backbone
from dnc_keras.models.blocks import find_blocks


def names(backbone):
    """The names of the layers with weights, of the stem and of each block."""
    return [
        [owner.layer.name for owner in block] for block in find_blocks(backbone)
    ]


def chain(*layer_names, image_size=4):
    """Dense layers one after the other."""
    inputs = outputs = keras.Input([image_size])
    for name in layer_names:
        outputs = keras.layers.Dense(3, name=name)(outputs)
    return keras.Model(inputs, outputs)


@pytest.mark.parametrize(
    "numbered",
    [
        ["block_1_expand", "block_1_norm", "block_2_expand", "block_2_norm"],
        ["conv5_block1_1_conv", "conv5_block1_2_conv"]
        + ["conv5_block2_1_conv", "conv5_block2_2_conv"],
        ["block1a_conv", "block1a_bn", "block1b_conv", "block1b_bn"],
        ["stage_0_block_9_a", "stage_0_block_9_b"]
        + ["stage_1_block_9_a", "stage_1_block_9_b"],
        ["layer4_1_conv1", "layer4_1_conv2", "layer4_2_conv1"]
        + ["layer4_2_conv2"],
        ["transformer_layer_9", "norm_a", "transformer_layer_10", "norm_b"],
        ["layers_0", "norm_a", "layers_1", "norm_b"],
        ["conv_dw_1", "conv_pw_1", "conv_dw_2", "conv_pw_2"],
        ["expanded_conv_1_a", "expanded_conv_1_b"]
        + ["expanded_conv_2_a", "expanded_conv_2_b"],
    ],
)
def test_layers_of_one_number_are_a_block(numbered):
    found = names(chain("stem_conv", *numbered, "last"))
    assert found == [["stem_conv"], numbered[:2], [*numbered[2:], "last"]]


def test_numbers_that_keras_gives_are_no_blocks():
    network = chain("dense_1", "conv2d_2", "layer_normalization_3")
    assert names(network) == [["dense_1", "conv2d_2", "layer_normalization_3"]]


def test_blocks_are_found_deep_within_other_models():
    inputs = keras.Input([4])
    network = chain("block_1", "block_2")
    outputs = keras.layers.Dense(2, name="top")(network(inputs))
    assert names(keras.Model(inputs, outputs)) == [
        [],
        ["block_1"],
        ["block_2", "top"],
    ]


def test_a_layer_with_parts_is_one_block():
    inputs = keras.Input([5, 4])
    tokens = inputs
    for number in (1, 2):
        attention = keras.layers.MultiHeadAttention(
            1, 2, name=f"block_{number}_attention"
        )
        tokens = attention(tokens, tokens)
    stem, *blocks = find_blocks(keras.Model(inputs, tokens))
    # Kernel and bias of query, key, value and output.
    counts = [sum(len(owner.weights) for owner in block) for block in blocks]
    assert (stem, counts) == ([], [8, 8])


@pytest.mark.parametrize(
    ("name", "num_blocks"),
    [
        ("small_cnn", 4),
        ("resnet50_torchvision", 16),
        ("mobilenet", 13),
        ("mobilenet_v2", 16),
        ("mobilenet_v3_small", 10),
        ("efficientnet_b0", 16),
        ("vgg16", 5),
        ("inception_v3", 0),
    ],
)
def test_networks_have_the_blocks_of_their_papers(name, num_blocks):
    backbone = build_backbone(name, 75)
    found = find_blocks(backbone)
    assert len(found) == 1 + num_blocks
    weights = [w for block in found for owner in block for w in owner.weights]
    assert sorted(map(id, weights)) == sorted(map(id, backbone.weights))
