"""Backbones that return what they are given, such as vectors."""

from __future__ import annotations

from dnc_keras._keras import keras

# Models without a `call` of someone's own.
_OF_LAYERS_ALONE = ("Functional", "Sequential")


def returns_its_inputs(backbone) -> bool:
    """Whether a Keras layer or model does nothing to its inputs.

    True only for what is known to: inputs, `Identity`, `Activation("linear")`,
    and models of nothing else.
    """
    if type(backbone).__name__ in _OF_LAYERS_ALONE:
        return all(map(returns_its_inputs, backbone.layers))
    if isinstance(backbone, keras.layers.Activation):
        return backbone.activation is keras.activations.linear
    return type(backbone) in (keras.layers.InputLayer, keras.layers.Identity)
