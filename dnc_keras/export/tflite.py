"""The model for telephones and small devices: LiteRT, once TensorFlow Lite."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from dnc_keras.export.bias_correction import correct_biases
from dnc_keras.support.checks import check_choice

# The file of each precision.
FILES = {
    "float32": "embedding.tflite",
    "float16": "embedding_float16.tflite",
    "int8": "embedding_int8.tflite",
}


def check_precisions(name, value):
    """Raises ValueError unless `value` is precisions with commas between."""
    for precision in value.split(","):
        check_choice(name, precision, FILES)


def convert_to_tflite(
    serving_model, precision: str = "float32", calibration_images=None
) -> bytes:
    """Converts the way from pixels to embeddings.

    Decoding stays outside: such devices have their own. Input and output are
    float32 in any case, and the size of a batch is free.

    Args:
        serving_model: a `ServingModel`.
        precision: "float32"; "float16", of the weights alone: half the size;
            or "int8", of weights, one scale a channel, and activations, with
            the biases corrected for what rounded weights shift.
        calibration_images: `[num_images, image_size, image_size, 3]` float32
            array of images of the training, some hundred, for "int8": ranges
            and means of activations are those of these images, so others must
            be alike.

    Returns:
        The contents of a `.tflite` file, `images` -> `embedding`.
    """
    check_precisions("precision", precision)
    if (precision == "int8") != (calibration_images is not None):
        raise ValueError(
            "Only int8 needs images, to calibrate. Received: "
            f"precision={precision!r}, with calibration_images="
            f"{calibration_images is not None}. Pass some hundred of the "
            "training for int8, else none."
        )
    if precision == "float32":
        return _convert(_converter(serving_model))
    converter = _converter(serving_model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
        return _convert(converter)
    converter.representative_dataset = lambda: (
        [image[None]] for image in calibration_images
    )
    original = _convert(_converter(serving_model))
    means = functools.partial(_channel_means, original, calibration_images)
    return correct_biases(_convert(converter), original, means)


def tflite_function(contents: bytes) -> Callable:
    """Makes a function that runs a model of `convert_to_tflite`.

    Returns:
        A function from `[batch_size, image_size, image_size, 3]` to
        `[batch_size, embedding_dim]`.
    """
    interpreter = _interpreter(contents)
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


def _channel_means(contents: bytes, images, indices) -> list:
    """The means of tensors inside a model over images.

    Args:
        contents: a `.tflite` file in float32.
        images: `[num_images, ...]` array of what it takes.
        indices: of tensors in it.

    Returns:
        A `[num_channels]` float64 array for each index.
    """
    interpreter = _interpreter(
        contents,
        experimental_preserve_all_tensors=True,
        # Delegates compute several operators at once, and keep less.
        experimental_op_resolver_type=(
            tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        ),
    )
    (taken,) = interpreter.get_input_details()
    interpreter.allocate_tensors()
    sums = [0.0] * len(indices)
    for image in images:
        interpreter.set_tensor(taken["index"], image[None])
        interpreter.invoke()
        for place, index in enumerate(indices):
            values = interpreter.get_tensor(index)
            axes = tuple(range(values.ndim - 1))
            sums[place] += values.mean(axis=axes, dtype=np.float64)
    return [total / len(images) for total in sums]


def _converter(serving_model):
    function = serving_model.bare_function().get_concrete_function()
    return tf.lite.TFLiteConverter.from_concrete_functions(
        [function], serving_model
    )


def _convert(converter):
    with warnings.catch_warnings():
        # On types of the input that it takes as they are, as wanted here.
        warnings.filterwarnings("ignore", "Statistics for quantized inputs")
        return converter.convert()


def _interpreter(contents, **options):
    with warnings.catch_warnings():
        # That it will move into a package of its own, ai-edge-litert.
        warnings.filterwarnings("ignore", r"\s*Warning: tf.lite.Interpreter")
        return tf.lite.Interpreter(model_content=contents, **options)
