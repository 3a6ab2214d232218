"""The backbone of vectors: they are features already."""

from __future__ import annotations

from dnc_keras._keras import keras


def vector_backbone(feature_dim):
    """Builds the network that returns the vectors it is given.

    Args:
        feature_dim: their width.

    Returns:
        A Keras model: `[batch_size, feature_dim]` to the same.
    """
    features = keras.Input([feature_dim], name="features")
    same = keras.layers.Activation("linear")(features)
    return keras.Model(features, same, name="vectors")
