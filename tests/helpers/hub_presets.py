"""Presets of KerasHub with random weights, written to folders."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras._keras import keras_version

# What the written converters subtract and divide by, of pixels 0 to 255.
MEAN = np.array([100.0, 110.0, 120.0], np.float32)
DEVIATION = np.array([50.0, 60.0, 70.0], np.float32)


def keras_hub():
    """KerasHub, or a test that is skipped: it is an extra, for Keras 3."""
    if not keras_version().startswith("keras 3"):
        pytest.skip("KerasHub is for Keras 3")
    return pytest.importorskip("keras_hub")


def write_vit(folder, image_size=16, **arguments):
    """Writes a small vision transformer with three blocks."""
    hub = keras_hub()
    network = hub.models.ViTBackbone(
        image_shape=(image_size, image_size, 3),
        patch_size=4,
        num_layers=3,
        num_heads=2,
        hidden_dim=8,
        mlp_dim=16,
        **arguments,
    )
    network.save_to_preset(str(folder))
    (converter,) = (
        kind
        for kind in hub.layers.ImageConverter.__subclasses__()
        if kind.backbone_cls is hub.models.ViTBackbone
    )
    converter(
        image_size=(image_size, image_size),
        scale=(1 / DEVIATION).tolist(),
        offset=(-MEAN / DEVIATION).tolist(),
    ).save_to_preset(str(folder))
    return folder
