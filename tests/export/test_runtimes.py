"""Other programs give the embeddings that TensorFlow gives."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest
import tensorflow as tf
from helpers.small_models import build_small_model
from helpers.small_models import build_vector_model

import dnc_keras as dnc
from dnc_keras._keras import keras

# The first inference, another size, the first size again, none, and one more.
BATCH_SIZES = (3, 1, 3, 0, 2)
_RANDOM = np.random.default_rng(0)


def _learned_masks():
    rows = keras.Sequential(
        [keras.Input([8, 8, 3]), keras.layers.DepthwiseConv2D(3)]
    )
    return dnc.DivideAndConquer(rows, 4, 2, masks="learned")


MODELS = {
    "images": (build_small_model, (8, 8, 3)),
    "learned masks": (_learned_masks, (8, 8, 3)),
    "vectors": (build_vector_model, (16,)),
}


@pytest.fixture(scope="module", params=MODELS)
def served(request, tmp_path_factory):
    """The folder of a SavedModel, and the shape of one of its inputs."""
    build, shape = MODELS[request.param]
    folder = tmp_path_factory.mktemp("served")
    model = build()
    model(tf.zeros([1, *shape]))
    size = 8 if len(shape) == 3 else None
    return dnc.export_saved_model(model, folder, size), shape


def _openvino(version, shape):
    openvino = pytest.importorskip("openvino")
    core = openvino.Core()
    # Processors that can do so would compute in bfloat16.
    precision = {"INFERENCE_PRECISION_HINT": "f32"}
    model = core.compile_model(core.read_model(version), "CPU", precision)
    return lambda batch: next(iter(model(batch).values()))


def _onnx_runtime(version, shape):
    pytest.importorskip("tf2onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    path = version.parent / "served.onnx"
    subprocess.run(
        [sys.executable, "-m", "tf2onnx.convert", "--saved-model", version]
        + ["--opset=17", "--output", path],
        check=True,
        capture_output=True,
    )
    session = onnxruntime.InferenceSession(str(path))
    (taken,) = session.get_inputs()
    return lambda batch: session.run(None, {taken.name: batch})[0]


def _litert(version, shape):
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(version), signature_keys=["serving_default"]
    )
    interpreter = litert.Interpreter(model_content=converter.convert())
    (taken,) = interpreter.get_input_details()
    (given,) = interpreter.get_output_details()

    def run(batch):
        interpreter.resize_tensor_input(taken["index"], batch.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(taken["index"], batch)
        interpreter.invoke()
        return interpreter.get_tensor(given["index"])

    return run


@pytest.mark.parametrize("runtime", [_openvino, _onnx_runtime, _litert])
def test_each_inference_gives_the_embeddings_of_tensorflow(served, runtime):
    version, shape = served
    with warnings.catch_warnings():
        # Of the runtimes themselves, on what they will remove.
        warnings.simplefilter("ignore")
        run = runtime(version, shape)
    signature = tf.saved_model.load(str(version)).signatures["serving_default"]
    (name,) = signature.structured_input_signature[1]
    for size in BATCH_SIZES:
        batch = np.float32(_RANDOM.uniform(0, 255, [size, *shape]))
        expected = signature(**{name: tf.constant(batch)})["embedding"]
        received = run(batch)
        assert received.shape == expected.shape == (size, 4)
        # Both have length 1.
        cosines = np.sum(received * expected, axis=1)
        assert cosines.min(initial=1) >= 0.9999
