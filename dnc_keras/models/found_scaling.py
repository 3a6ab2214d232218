"""Whether a network scales the pixels that it is given by itself."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.backbones import PixelScaling
from dnc_keras.models.feature_layer import AUTO

_SCALING = (keras.layers.Rescaling, keras.layers.Normalization, PixelScaling)
# Of what scaling makes of 255: ImageNet's deviations give 2.7, and a layer that
# expects values of 0 to 1 some hundreds.
_LARGEST = 10.0


def build_scaling(network, asked: str, mode: str) -> keras.layers.Layer:
    """The layer between pixels 0 to 255 and a network.

    Args:
        network: a Keras model.
        asked: what the user asked for, for messages.
        mode: one of `PixelScaling`; or "auto": what the network says, whose
            first layers scale by themselves.

    Raises:
        ValueError: where it does not say, and where pixels would be scaled
            twice.
    """
    scaling = _own_scaling(network)
    if mode == AUTO and scaling is None:
        raise ValueError(
            f"pixel_scaling must be named for {asked}, whose first layers do "
            "not tell what they expect. Received: auto. Use "
            "--pixel_scaling=tf for -1..1, unit for 0..1, torch or caffe for "
            "ImageNet's mean, or none if it scales 0..255 by itself."
        )
    if mode not in (AUTO, "none") and scaling is not None:
        raise ValueError(
            f"pixel_scaling must be none or auto for {asked}, which begins "
            f"with a {type(scaling).__name__} of its own. Received: {mode}."
        )
    return PixelScaling("none" if mode == AUTO else mode)


def _own_scaling(network):
    """The first layer that scales pixels to small numbers, or None."""
    for layer in _first_layers(network):
        if isinstance(layer, _SCALING):
            if _makes_small(layer):
                return layer
        elif layer.weights:
            return None
    return None


def _first_layers(network):
    """Yields layers in the order in which a network that says so calls them."""
    for layer in getattr(network, "layers", ()):
        is_network = isinstance(layer, keras.Model)
        yield from _first_layers(layer) if is_network else [layer]


def _makes_small(layer):
    white = tf.fill([1, 1, 1, 3], 255.0)
    try:
        return float(tf.reduce_max(tf.abs(layer(white)))) <= _LARGEST
    except (ValueError, TypeError, tf.errors.OpError):
        return False  # Not of images of three colors.
