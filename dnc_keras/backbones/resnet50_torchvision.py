"""ResNet-50 as torchvision has it, which the papers' codes start from."""

from __future__ import annotations

from dnc_keras._keras import keras
from dnc_keras.backbones.pixel_scaling import PixelScaling
from dnc_keras.backbones.weights import load_weights

RESNET50_TORCHVISION = "resnet50_torchvision"
CONVERTER = (
    "python tools/convert_torchvision_resnet50.py --state_dict=resnet50.pth "
    "--output=resnet50.weights.h5"
)


def resnet50_torchvision(image_size, weights=None):
    """Builds ResNet-50 v1.5, whose 3x3 convolutions have the strides.

    The `ResNet50` of `keras.applications` is another network: strides in the
    1x1 convolutions, convolutions with biases, another epsilon and scaling.

    Layers are named as in torchvision, with `_` for each dot.

    Args:
        image_size: height and width of the images, in pixels.
        weights: path of a file that the converter made, or None.

    Returns:
        A Keras model: `[batch_size, image_size, image_size, 3]`, values 0 to
        255, to `[batch_size, 2048]`.
    """
    images = keras.Input([image_size, image_size, 3], name="images")
    features = PixelScaling("torch")(images)
    features = _convolve(features, 64, 7, 2, "conv1", "bn1")
    features = keras.layers.ReLU()(features)
    features = keras.layers.ZeroPadding2D(1)(features)
    features = keras.layers.MaxPooling2D(3, 2)(features)
    for stage, num_blocks in enumerate((3, 4, 6, 3)):
        for block in range(num_blocks):
            strides = 2 if stage > 0 and block == 0 else 1
            name = f"layer{stage + 1}_{block}_"
            features = _bottleneck(features, 64 * 2**stage, strides, name)
    features = keras.layers.GlobalAveragePooling2D()(features)
    network = keras.Model(images, features, name=RESNET50_TORCHVISION)
    if weights:
        remedy = f"Make one by `{CONVERTER}`."
        load_weights(network, str(weights), RESNET50_TORCHVISION, remedy)
    return network


def _bottleneck(inputs, filters, strides, name):
    x = _convolve(inputs, filters, 1, 1, f"{name}conv1", f"{name}bn1")
    x = keras.layers.ReLU()(x)
    x = _convolve(x, filters, 3, strides, f"{name}conv2", f"{name}bn2")
    x = keras.layers.ReLU()(x)
    x = _convolve(x, 4 * filters, 1, 1, f"{name}conv3", f"{name}bn3")
    if inputs.shape[-1] != 4 * filters:
        names = f"{name}downsample_0", f"{name}downsample_1"
        inputs = _convolve(inputs, 4 * filters, 1, strides, *names)
    return keras.layers.ReLU()(keras.layers.Add()([x, inputs]))


def _convolve(inputs, filters, size, strides, name, norm_name):
    # With strides, Keras' padding="same" pads more at the end than at the
    # start; torch pads both alike.
    if size > 1:
        inputs = keras.layers.ZeroPadding2D(size // 2)(inputs)
    x = keras.layers.Conv2D(filters, size, strides, use_bias=False, name=name)(
        inputs
    )
    # Torch's momentum of 0.1 is the share of the new value.
    return keras.layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, name=norm_name
    )(x)
