"""From any network to a backbone: pixels 0 to 255 in, rows of features out."""

from __future__ import annotations

from collections.abc import Mapping

from dnc_keras._keras import keras
from dnc_keras.models.feature_layer import AUTO
from dnc_keras.models.feature_layer import build_feature_rows
from dnc_keras.models.found_scaling import build_scaling
from dnc_keras.models.inputs import symbolic_inputs


def join_backbone(
    network,
    image_size: int,
    asked: str = "backbone",
    scaling: keras.layers.Layer | None = None,
    pixel_scaling: str = AUTO,
    pooling: str = AUTO,
    feature_key: str = "",
) -> keras.Model:
    """Puts the scaling of pixels before a network, and pooling behind it.

    Args:
        network: a Keras model of one batch of images.
        image_size: height and width of the images, in pixels.
        asked: what the user asked for, for messages.
        scaling: the layer that scales pixels where the model came with one.
            None: `pixel_scaling` says.
        pixel_scaling: as `mode` of `build_scaling`.
        pooling: as in `build_feature_rows`.
        feature_key: the key or position of one of several outputs; "" where
            there is one.

    Returns:
        A Keras model, `[batch_size, image_size, image_size, 3]` to
        `[batch_size, feature_dim]`.

    Raises:
        ValueError: for a network that does not take such images, or returns
            something else than features.
    """
    name = _check_inputs(network, image_size, asked)
    if scaling is None or pixel_scaling != AUTO:
        scaling = build_scaling(network, asked, pixel_scaling)
    images = keras.Input([image_size, image_size, 3], name="images")
    scaled = scaling(images)
    outputs = network(scaled if name is None else {name: scaled})
    rows = build_feature_rows(
        network, outputs, pooling, _key_of(feature_key, outputs)
    )
    return keras.Model(images, rows(outputs), name="backbone")


def _key_of(feature_key, outputs):
    if not feature_key:
        return None
    is_position = feature_key.isdecimal() and not isinstance(outputs, Mapping)
    return int(feature_key) if is_position else feature_key


def _check_inputs(network, image_size, asked):
    """Checks what a network takes; returns the key of its images, if any."""
    inputs = symbolic_inputs(network)
    if inputs is None:
        return None
    names = list(inputs) if isinstance(inputs, Mapping) else []
    tensors = [inputs[n] for n in names] or _as_list(inputs)
    if len(tensors) != 1:
        told = ", ".join(names) or f"{len(tensors)} of them"
        raise ValueError(
            f"{asked} must take one batch of images. Received: a model of "
            f"several inputs, {told}. Use a function that returns the part of "
            "it for images."
        )
    _check_images(tuple(tensors[0].shape), image_size, asked)
    return names[0] if names else None


def _check_images(shape, image_size, asked):
    if len(shape) != 4 or shape[0] is not None or shape[-1] not in (3, None):
        raise ValueError(
            f"{asked} must take images, [batch_size, height, width, 3], in "
            f"batches of any size. Received: a model of {shape}. Build it with "
            "Input([height, width, 3])."
        )
    sizes = {size for size in shape[1:3] if size is not None}
    if len(sizes) > 1:
        raise ValueError(
            f"{asked} must take square images. Received: a model of "
            f"{shape[1]} x {shape[2]} pixels. Build it for a square."
        )
    if sizes - {image_size}:
        (size,) = sizes
        raise ValueError(
            f"image_size must be {size} for {asked}, which takes no other "
            f"one. Received: {image_size}. Use --image_size={size}."
        )


def _as_list(inputs):
    return list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
