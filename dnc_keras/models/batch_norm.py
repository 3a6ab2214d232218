"""The BatchNormalization layers of a backbone: held, shared, never trained."""

from __future__ import annotations

import contextlib

import numpy as np
import tensorflow as tf

from dnc_keras._keras import all_layers
from dnc_keras._keras import raw_variables


def synchronize(model):
    """Makes BatchNormalization layers average over all replicas.

    Otherwise each replica would normalize its rows by themselves, and training
    would depend on how many there are. Without a strategy of several replicas
    nothing is changed: Keras 2 has a faster kernel for one.

    On Keras 2 that kernel lets `n / (n - 1)` times the variance of the n
    values of a batch into the running variance, and replicas do not.

    Args:
        model: a Keras layer or model; what is in it is searched as well.
    """
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return
    for layer in _batch_norms(model):
        layer.synchronized = True
        # The faster kernel of Keras 2; Keras 3 never looks at it.
        layer.fused = False


@contextlib.contextmanager
def held(model):
    """A context in which BatchNormalization layers use running statistics.

    Even in a call with `training=True`, which everything else in the model
    sees. Their scale and offset get gradients as ever.

    Args:
        model: as for `synchronize`.
    """
    # Layers that are not trainable do so, on every Keras.
    layers = [layer for layer in _batch_norms(model) if layer.trainable]
    for layer in layers:
        layer.trainable = False
    try:
        yield
    finally:
        for layer in layers:
            layer.trainable = True


def is_at_start(model) -> bool:
    """Whether no BatchNormalization layer has seen any data yet.

    Args:
        model: as for `synchronize`. False where it has no such layer.
    """
    layers = _batch_norms(model)
    return bool(layers) and all(map(_has_first_statistics, layers))


def _has_first_statistics(layer):
    statistics = raw_variables([layer.moving_mean, layer.moving_variance])
    mean, variance = (np.asarray(tf.convert_to_tensor(s)) for s in statistics)
    return bool(np.all(mean == 0) and np.all(variance == 1))


def _batch_norms(model):
    # By their statistics: Keras 2 has several classes of them.
    return [
        layer
        for layer in all_layers(model)
        if hasattr(layer, "moving_mean") and hasattr(layer, "moving_variance")
    ]
