"""The model for telephones and small devices: LiteRT, once TensorFlow Lite."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import tensorflow as tf


def convert_to_tflite(serving_model, calibration_images=None) -> bytes:
    """Converts the way from pixels to embeddings.

    Decoding stays outside: such devices have their own. Input and output are
    float32 either way, and the size of a batch is free.

    Args:
        serving_model: a `ServingModel`.
        calibration_images: `[num_images, image_size, image_size, 3]` float32
            array of images of the training, some hundred, for int8 weights
            and activations: their ranges are those of these images, so others
            must be alike. None, the default: all stays float32.

    Returns:
        The contents of a `.tflite` file, `images` -> `embedding`.
    """
    function = serving_model.bare_function().get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [function], serving_model
    )
    if calibration_images is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: (
            [image[None]] for image in calibration_images
        )
    with warnings.catch_warnings():
        # On types of the input that it takes as they are, as wanted here.
        warnings.filterwarnings("ignore", "Statistics for quantized inputs")
        return converter.convert()


def tflite_function(contents: bytes) -> Callable:
    """Makes a function that runs a model of `convert_to_tflite`.

    Returns:
        A function from `[batch_size, image_size, image_size, 3]` to
        `[batch_size, embedding_dim]`.
    """
    with warnings.catch_warnings():
        # That it will move into a package of its own, ai-edge-litert.
        warnings.filterwarnings("ignore", r"\s*Warning: tf.lite.Interpreter")
        interpreter = tf.lite.Interpreter(model_content=contents)
    (images,) = interpreter.get_input_details()
    (embedding,) = interpreter.get_output_details()

    def run(batch):
        batch = np.asarray(batch)
        interpreter.resize_tensor_input(images["index"], batch.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(images["index"], batch)
        interpreter.invoke()
        return interpreter.get_tensor(embedding["index"])

    return run
