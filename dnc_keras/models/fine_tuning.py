"""Trains the last blocks of a backbone, or its blocks at rates of their own."""

from __future__ import annotations

from dnc_keras.models.blocks import find_blocks
from dnc_keras.support.checks import check_count_or_zero
from dnc_keras.support.checks import check_share


class DepthFactors:
    """Factors on the updates of a backbone's weights, by their depth.

    Makes the layers `trainable=False` whose weights are all frozen. A block
    counted d-th from the end has the factor `layer_decay**d`, and the stem
    before all blocks one more.

    Args:
        backbone: a Keras model or layer.
        unfreeze: how many blocks are trained, the last ones; 0: none of the
            backbone. None: all of it.
        layer_decay: a number above 0, at most 1.

    Raises:
        ValueError: where it has not so many blocks, or none are found.
    """

    # Not a dict on the model: Keras 2 would save that, and cannot.
    def __init__(self, backbone, unfreeze=None, layer_decay=1.0):
        if unfreeze is not None:
            check_count_or_zero("unfreeze", unfreeze)
        check_share("layer_decay", layer_decay)
        self._factors = _factors(backbone, unfreeze, layer_decay)

    def __getitem__(self, weight):
        """The factor of a weight."""
        return self._factors.get(id(weight), 1.0)


def _factors(backbone, unfreeze, layer_decay):
    if unfreeze is None and layer_decay == 1:
        return {}
    if not backbone.built:
        raise ValueError(
            "unfreeze and layer_decay need a backbone that has its weights. "
            "Received: one that is not built. Call it on a batch first."
        )
    stem, *blocks = find_blocks(backbone)
    if unfreeze == 0:
        # Also where there are no blocks.
        return _freeze([stem, *blocks])
    _check_blocks(backbone, len(blocks), unfreeze)
    frozen = blocks[: len(blocks) - unfreeze] if unfreeze else None
    return {
        **_decayed([stem, *blocks], layer_decay),
        **({} if frozen is None else _freeze([stem, *frozen])),
    }


def _decayed(blocks, layer_decay):
    return {
        id(weight): layer_decay**depth
        for depth, block in enumerate(reversed(blocks), 1)
        for owner in block
        for weight in owner.weights
    }


def _freeze(blocks):
    """Freezes blocks; returns the factor 0 for each of their weights."""
    owners = [owner for block in blocks for owner in block]
    frozen = {id(weight) for owner in owners for weight in owner.weights}
    for owner in owners:
        # A layer may have a weight of its own before the blocks that are in
        # it, such as a class token: that one is held by its factor alone.
        if all(id(weight) in frozen for weight in owner.layer.weights):
            owner.layer.trainable = False
    return dict.fromkeys(frozen, 0.0)


def _check_blocks(backbone, num_blocks, unfreeze):
    if not num_blocks:
        raise ValueError(
            "unfreeze and layer_decay need blocks, which are found by layers "
            "with numbers in their names, such as block_3_conv or layer_3. "
            f"Received: a backbone without any, {backbone.name!r}. Name its "
            "layers so, or use unfreeze=0 or all of it, and layer_decay=1."
        )
    if unfreeze is not None and unfreeze > num_blocks:
        raise ValueError(
            f"unfreeze must be at most the {num_blocks} blocks of the "
            f"backbone. Received: {unfreeze}. Use {num_blocks}, or -1 for all "
            "of the backbone."
        )
