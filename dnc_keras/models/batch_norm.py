"""Statistics of the whole batch, however many replicas share it."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras


def synchronize(model):
    """Makes BatchNormalization layers average over all replicas.

    Otherwise each replica would normalize its rows by themselves, and training
    would depend on how many there are. Without a strategy of several replicas
    nothing is changed: Keras 2 has a faster kernel for one.

    On Keras 2 that kernel lets `n / (n - 1)` times the variance of the n
    values of a batch into the running variance, and replicas do not.

    Args:
        model: a Keras model; models in it are searched, too.
    """
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return
    for layer in _layers(model):
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True
            # The faster kernel of Keras 2; Keras 3 never looks at it.
            layer.fused = False


def _layers(layer):
    """Yields a layer and all that it holds."""
    yield layer
    for part in getattr(layer, "layers", ()):
        yield from _layers(part)
