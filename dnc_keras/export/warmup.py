"""Requests that a server runs before it says that it is ready."""

from __future__ import annotations

import pathlib

import tensorflow as tf
from absl import logging

FILE = "tf_serving_warmup_requests"
# The server does not look at it: the model is the one it warms up.
_MODEL = "dnc_keras"


def write_warmup(folder: pathlib.Path, serving_model) -> None:
    """Writes a request for each signature, as TensorFlow Serving reads them.

    Without the package tensorflow-serving-api there is a warning instead.

    Args:
        folder: the SavedModel's `assets.extra`.
        serving_model: a `ServingModel`.
    """
    try:
        from tensorflow_serving.apis import prediction_log_pb2
    except ImportError:
        logging.warning(
            "No warm-up is written: the first requests to a server will be "
            'slow. For one: pip install "dnc-keras[serving]".'
        )
        return
    with tf.io.TFRecordWriter(str(folder / FILE)) as writer:
        for signature, inputs in _requests(serving_model).items():
            log = prediction_log_pb2.PredictionLog()
            request = log.predict_log.request
            request.model_spec.name = _MODEL
            request.model_spec.signature_name = signature
            for name, value in inputs.items():
                request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
            writer.write(log.SerializeToString())


def _requests(serving_model):
    """The inputs of a request for each signature, by name."""
    inputs = serving_model.inputs
    requests = {"serving_default": _medium(inputs)}
    # What a function of the user's can read is not known.
    if not inputs.are_images or serving_model.load_image:
        return requests
    pixels = tf.fill(inputs.image_shape, tf.constant(128, tf.uint8))
    encoded = [
        tf.io.encode_jpeg(pixels).numpy(),
        tf.io.encode_png(pixels).numpy(),
    ]
    requests["serving_bytes"] = {"image_bytes": encoded}
    if serving_model.gallery is not None:
        requests["search"] = {"image_bytes": encoded}
    return requests


def _medium(inputs):
    """A row of each argument: medium gray, or zeros and empty text."""
    return {
        name: tf.fill([1, *inputs.image_shape], 128.0)
        if inputs.image_shape
        else tf.zeros([1, *(size or 1 for size in spec.shape[1:])], spec.dtype)
        for name, spec in inputs.specs.items()
    }
