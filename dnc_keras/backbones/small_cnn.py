"""Four convolutions for small pictures."""

from __future__ import annotations

from dnc_keras._keras import keras
from dnc_keras.backbones.pixel_scaling import PixelScaling

SMALL_CNN = "small_cnn"


def small_cnn(image_size, filters=64, num_blocks=4):
    """Builds the network, with a random start."""
    images = keras.Input([image_size, image_size, 3], name="images")
    features = PixelScaling("tf")(images)
    for block in range(num_blocks):
        features = keras.layers.Conv2D(
            *(filters, 3),
            padding="same",
            use_bias=False,
            name=f"block_{block}_conv",
        )(features)
        features = keras.layers.BatchNormalization(name=f"block_{block}_norm")(
            features
        )
        features = keras.layers.ReLU()(features)
        if min(features.shape[1:3]) >= 4:
            features = keras.layers.MaxPooling2D(2)(features)
    features = keras.layers.Flatten()(features)
    return keras.Model(images, features, name=SMALL_CNN)
