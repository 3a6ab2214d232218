"""The blocks of a backbone, found by the numbers in the names of its layers."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

# The first that fits says which block it is: in `stage_0_block_2_conv` that is
# `stage_0_block_2`, in `conv5_block3_1_conv` it is `conv5_block3`.
_NUMBERED = (
    re.compile(r"layer\d+_\d+"),  # As in torchvision: stage and block.
    re.compile(r".*?blocks?_?\d+[a-z]?(?![^\W_])", re.IGNORECASE),
    re.compile(r".*?layers?_?\d+(?![^\W_])", re.IGNORECASE),
    re.compile(r".*?stages?_?\d+(?![^\W_])", re.IGNORECASE),
    re.compile(r"expanded_conv_\d+"),  # MobileNetV3.
)
# MobileNet, whose blocks have two names.
_SEPARABLE = re.compile(r"conv_(?:dw|pw)_(\d+)")


class Owner(NamedTuple):
    """A layer, and the weights that are its own and not of a layer in it."""

    layer: object
    weights: list


def find_blocks(backbone) -> list[list[Owner]]:
    """Sorts the weights of a backbone into blocks, in the order of its layers.

    The layers of one level of the network carry the numbers of the blocks in
    their names, such as `block_12_expand`, `conv5_block3_1_conv`,
    `transformer_block_7` or `layers_3`: the outermost level with two numbers at
    least, of several the one with the most weights. All that comes after a
    numbered layer belongs to its block, up to the next one.

    Args:
        backbone: a built Keras model or layer.

    Returns:
        Lists of `Owner`: what comes before the first block, the stem, then
        each block. Only the stem where no blocks are found.
    """
    level = _numbered_level(backbone)
    found, names = [[]], {}
    for owner, block in _owners(backbone, level, None):
        if block is not None and block not in names:
            names[block] = []
            found.append(names[block])
        names.get(block, found[-1]).append(owner)
    return found


def _numbered_level(backbone):
    """The layer whose parts carry the numbers, or None."""
    level = [backbone]
    while level:
        numbered = [layer for layer in level if _has_numbers(layer)]
        if numbered:
            return max(numbered, key=_num_weights)
        level = [part for layer in level for part in _parts(layer)]
    return None


def _has_numbers(layer):
    names = {_block_of(part.name) for part in _parts(layer) if part.weights}
    return len(names - {None}) > 1


def _owners(layer, level, block):
    """Yields each layer with weights of its own, and the name of its block."""
    parts = _parts(layer)
    inner = {id(weight) for part in parts for weight in part.weights}
    own = [weight for weight in layer.weights if id(weight) not in inner]
    if own:
        yield Owner(layer, own), block
    for part in parts:
        numbered = _block_of(part.name) if layer is level else None
        yield from _owners(part, level, numbered or block)


def _parts(layer):
    """The layers directly in a layer."""
    return list(layer._flatten_layers(recursive=False, include_self=False))


def _num_weights(layer):
    return sum(
        math.prod(getattr(weight, "shape", ())) for weight in layer.weights
    )


def _block_of(name):
    if separable := _SEPARABLE.match(name):
        return f"conv_{separable[1]}"
    found = (pattern.match(name) for pattern in _NUMBERED)
    return next((match[0] for match in found if match), None)
