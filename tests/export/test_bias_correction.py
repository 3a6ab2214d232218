"""The shift that rounded weights cause, taken out of int8 models."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras.export.bias_correction import correct_biases

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*tf.lite.Interpreter is deprecated"
)
_CHANNELS = 32


def _convolution(images, weights):
    return tf.nn.conv2d(images, weights, 1, "VALID")


def _depthwise(images, weights):
    return tf.nn.depthwise_conv2d(images, weights, [1, 1, 1, 1], "VALID")


# A function, and the shapes of its weights and of an image.
_LAYERS = {
    "convolution": (_convolution, [3, 3, _CHANNELS, 8], [6, 6, _CHANNELS]),
    "groups": (_convolution, [3, 3, _CHANNELS // 2, 8], [6, 6, _CHANNELS]),
    "depthwise": (_depthwise, [5, 5, _CHANNELS, 1], [6, 6, _CHANNELS]),
    "dense": (tf.matmul, [_CHANNELS, 8], [_CHANNELS]),
}


def _layer(kind):
    """(function of a layer, images): the weights cancel the images' mean."""
    function, shape, image_shape = _LAYERS[kind]
    random = np.random.default_rng(0)
    weights = random.normal(size=shape)
    inputs = (0, 1) if kind == "depthwise" else tuple(range(len(shape) - 1))
    weights -= weights.mean(inputs, keepdims=True)
    bias = random.normal(size=_CHANNELS if kind == "depthwise" else 8)
    means = random.uniform(2, 4, _CHANNELS)
    images = means + random.normal(0, 0.1, [60, *image_shape])

    def layer(images):
        constant = tf.constant(weights, tf.float32)
        return function(images, constant) + tf.constant(bias, tf.float32)

    return layer, images.astype(np.float32)


def _convert(layer, images, calibrates=False):
    """A `.tflite` file; int8 where it is calibrated by the images."""
    one = tf.TensorSpec([1, *images.shape[1:]], tf.float32)
    function = tf.function(layer, input_signature=[one])
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [function.get_concrete_function()]
    )
    if calibrates:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([x[None]] for x in images)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Statistics for quantized inputs")
        warnings.filterwarnings("ignore", "Please consider providing the track")
        return converter.convert()


def _run(contents, images):
    interpreter = tf.lite.Interpreter(model_content=contents)
    interpreter.allocate_tensors()
    given = interpreter.get_input_details()[0]["index"]
    answer = interpreter.get_output_details()[0]["index"]
    rows = []
    for image in images:
        interpreter.set_tensor(given, image[None])
        interpreter.invoke()
        rows.append(interpreter.get_tensor(answer)[0])
    return np.asarray(rows, np.float64)


def _largest_shift(outputs, exact):
    """The largest of the mean errors of the channels."""
    axes = tuple(range(exact.ndim - 1))
    return np.max(np.abs(np.mean(outputs - exact, axis=axes)))


@pytest.mark.parametrize("kind", _LAYERS)
def test_the_mean_of_each_channel_is_right_again(kind):
    layer, images = _layer(kind)
    original = _convert(layer, images)
    quantized = _convert(layer, images, calibrates=True)
    mean = images.mean(axis=tuple(range(images.ndim - 1)), dtype=np.float64)
    corrected = correct_biases(
        quantized, original, lambda indices: [mean for _ in indices]
    )
    exact = layer(images).numpy()
    before = _largest_shift(_run(quantized, images), exact)
    after = _largest_shift(_run(corrected, images), exact)
    assert after < before / 3
    assert len(corrected) < 1.2 * len(quantized)


def test_a_model_of_other_layers_is_left_as_it_is():
    layer, images = _layer("dense")
    quantized = _convert(layer, images, calibrates=True)
    other = _convert(*_layer("convolution"))
    assert correct_biases(quantized, other, None) == quantized
