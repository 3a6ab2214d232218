"""Layers between the features of a backbone and the embedding."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.models.feature_layer import FeatureRows
from dnc_keras.models.inputs import declared_inputs

HEAD = "head"
_WITH_HEAD = "_with_head"


def with_hidden_layers(backbone, widths, seed=0):
    """A backbone that ends in an MLP, whose layers are one, named "head".

    Args:
        backbone: a Keras model that declares its inputs.
        widths: of the layers, each with a ReLU.
        seed: fixes the start of the layers.

    Returns:
        A Keras model to `[batch_size, widths[-1]]`.

    Raises:
        ValueError: for a backbone that does not declare its inputs.
    """
    declared = declared_inputs(backbone)
    if declared is None:
        raise ValueError(
            "head needs a backbone that declares its inputs. Received: a "
            f"{type(backbone).__name__} that is not built. Use a functional "
            "model, or add the layers to the backbone."
        )
    inputs = new_inputs(declared)
    rows = FeatureRows()(backbone(inputs))
    layers = [
        keras.layers.Dense(
            width,
            activation="relu",
            kernel_initializer=keras.initializers.HeNormal(seed + depth),
            dtype="float32",
        )
        for depth, width in enumerate(widths, 1)
    ]
    head = keras.Sequential([keras.Input([rows.shape[-1]]), *layers], name=HEAD)
    return keras.Model(inputs, head(rows), name=backbone.name + _WITH_HEAD)


def new_inputs(declared):
    """Keras inputs like a structure of `tf.TensorSpec`, of batches."""
    return tf.nest.map_structure(
        lambda spec: keras.Input(spec.shape[1:], dtype=spec.dtype.name),
        declared,
    )


def below_head(backbone):
    """The backbone without the hidden layers that it may end in."""
    names = [layer.name for layer in getattr(backbone, "layers", ())]
    name = backbone.name.removesuffix(_WITH_HEAD)
    return backbone.get_layer(name) if HEAD in names else backbone


def copy_trained(source, target):
    """Copies what is trained above a frozen backbone to another model.

    Args:
        source: a `DivideAndConquer`.
        target: one with the same head and embedding, maybe above another
            backbone.
    """
    for one, other in zip(_trained(source), _trained(target)):
        other.set_weights(one.get_weights())


def _trained(model):
    names = [layer.name for layer in getattr(model.backbone, "layers", ())]
    heads = [model.backbone.get_layer(HEAD)] if HEAD in names else []
    return [*heads, model.embedding]
