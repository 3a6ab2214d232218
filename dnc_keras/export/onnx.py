"""The model for ONNX Runtime and all that reads ONNX."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dnc_keras.support.extras import import_extra

# Of 2022: what reads ONNX at all reads this.
_OPSET = 17


def convert_to_onnx(serving_model) -> bytes:
    """Converts the way from pixels, or features, to embeddings.

    Args:
        serving_model: a `ServingModel`.

    Returns:
        The contents of an `.onnx` file, `images` (or `features`) ->
        `embedding`, of free batch size.

    Raises:
        ValueError: where tf2onnx is not installed.
    """
    tf2onnx = _import("tf2onnx")
    function = serving_model.bare_function()
    model, _ = tf2onnx.convert.from_function(
        function, function.input_signature, opset=_OPSET
    )
    return model.SerializeToString()


def onnx_function(contents: bytes) -> Callable:
    """Makes a function that runs a model of `convert_to_onnx`.

    Returns:
        A function from `[batch_size, image_size, image_size, 3]` to
        `[batch_size, embedding_dim]`.

    Raises:
        ValueError: where onnxruntime is not installed.
    """
    session = _import("onnxruntime").InferenceSession(contents)
    (taken,) = session.get_inputs()
    return lambda batch: session.run(None, {taken.name: np.asarray(batch)})[0]


def _import(name):
    together = " together with the extra of your TensorFlow"
    return import_extra(name, "onnx", f"onnx needs {name}", together)
