"""The scaling of pixel values, inside the network."""

from __future__ import annotations

from dnc_keras._keras import keras
from dnc_keras.support.checks import check_choice

MODES = ("tf", "caffe", "torch", "unit", "none")
MEAN_BGR = (103.939, 116.779, 123.68)
# ImageNet's mean and standard deviation of values 0 to 1.
MEAN_RGB = (0.485, 0.456, 0.406)
DEVIATION_RGB = (0.229, 0.224, 0.225)


@keras.utils.register_keras_serializable("dnc_keras")
class PixelScaling(keras.layers.Layer):
    """Scales pixel values as a network of `keras.applications` expects them.

    A layer, so that it is saved and exported with the network. Its own
    arithmetic is float32 under any policy: bfloat16 has 8 bits for a pixel.

    Args:
        mode: "tf" maps 0..255 to -1..1; "caffe" turns RGB into BGR and
            subtracts ImageNet's mean, 103.939, 116.779, 123.68; "torch" maps
            to 0..1, subtracts ImageNet's mean and divides by its standard
            deviation; "unit" maps to 0..1; "none" is for a network that scales
            by itself.

    Call arguments:
        images: `[batch_size, height, width, 3]` tensor, values 0 to 255.

    Returns:
        A float tensor of that shape.
    """

    def __init__(self, mode="tf", **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        check_choice("mode", mode, MODES)
        self.mode = mode

    def call(self, images):
        if self.mode == "tf":
            return images / 127.5 - 1.0
        if self.mode == "caffe":
            return images[..., ::-1] - MEAN_BGR
        if self.mode == "torch":
            return (images / 255.0 - MEAN_RGB) / DEVIATION_RGB
        if self.mode == "unit":
            return images / 255.0
        return images

    def get_config(self):
        return {**super().get_config(), "mode": self.mode}
