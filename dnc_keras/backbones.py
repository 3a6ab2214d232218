"""Networks from pixels to features, by name, each with its own scaling."""

from __future__ import annotations

import pathlib

from dnc_keras._keras import keras
from dnc_keras.checks import check_choice

# The name in `keras.applications`, and the mode of its pixel scaling.
_APPLICATIONS = {
    "mobilenet_v2": ("MobileNetV2", "tf"),
    "resnet50": ("ResNet50", "caffe"),
}
SMALL_CNN = "small_cnn"
BACKBONES = (SMALL_CNN, *_APPLICATIONS)
MEAN_BGR = (103.939, 116.779, 123.68)


def build_backbone(name, image_size, weights=None):
    """Builds a network whose input are images with values 0 to 255.

    Args:
        name: one of `BACKBONES`. "small_cnn" is four convolutions for small
            pictures, trained from scratch; the others are those of
            `keras.applications` without their top.
        image_size: height and width of the images, in pixels.
        weights: "imagenet" (Keras downloads them), the path of a file of
            weights, or None for a random start.

    Returns:
        A built Keras model: `[batch_size, image_size, image_size, 3]` to
        `[batch_size, feature_dim]`.
    """
    check_choice("backbone", name, BACKBONES)
    _check_weights(name, weights)
    if name == SMALL_CNN:
        return _small_cnn(image_size)
    constructor, mode = _APPLICATIONS[name]
    network = getattr(keras.applications, constructor)(
        include_top=False,
        weights=weights or None,
        input_shape=(image_size, image_size, 3),
        pooling="avg",
    )
    images = keras.Input([image_size, image_size, 3], name="images")
    return keras.Model(images, network(PixelScaling(mode)(images)), name=name)


def _small_cnn(image_size, filters=64, num_blocks=4):
    images = keras.Input([image_size, image_size, 3], name="images")
    features = PixelScaling("tf")(images)
    for block in range(num_blocks):
        features = keras.layers.Conv2D(
            filters, 3, padding="same", use_bias=False
        )(features)
        features = keras.layers.BatchNormalization()(features)
        features = keras.layers.ReLU()(features)
        if min(features.shape[1:3]) >= 4:
            features = keras.layers.MaxPooling2D(2)(features)
    features = keras.layers.Flatten()(features)
    return keras.Model(images, features, name=SMALL_CNN)


def _check_weights(name, weights):
    if not weights:
        return
    if name == SMALL_CNN:
        raise ValueError(
            "weights exist for the backbones of keras.applications only. "
            f"Received: weights={weights!r}, backbone={name!r}. Use weights=''."
        )
    if weights != "imagenet" and not pathlib.Path(weights).is_file():
        raise FileNotFoundError(
            "weights must be 'imagenet' or the path of a file of weights. "
            f"Received: {weights!r}, which is no file."
        )


@keras.utils.register_keras_serializable("dnc_keras")
class PixelScaling(keras.layers.Layer):
    """Scales pixel values as a network of `keras.applications` expects them.

    A layer, so that it is saved and exported with the network.

    Args:
        mode: "tf" maps 0..255 to -1..1; "caffe" turns RGB into BGR and
            subtracts ImageNet's mean, 103.939, 116.779, 123.68.

    Call arguments:
        images: `[batch_size, height, width, 3]` tensor, values 0 to 255.

    Returns:
        A float tensor of that shape.
    """

    def __init__(self, mode="tf", **kwargs):
        super().__init__(**kwargs)
        check_choice("mode", mode, ("tf", "caffe"))
        self.mode = mode

    def call(self, images):
        if self.mode == "tf":
            return images / 127.5 - 1.0
        return images[..., ::-1] - MEAN_BGR

    def get_config(self):
        return {**super().get_config(), "mode": self.mode}
