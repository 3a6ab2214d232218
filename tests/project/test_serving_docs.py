"""What docs/serving.md shows works as it stands there."""

from __future__ import annotations

import pathlib
import re
import runpy
import shutil
from concurrent import futures

import numpy as np
import pytest
import tensorflow as tf
from helpers.image_files import write_image

from dnc_keras._keras import keras
from dnc_keras.export.export_run import export_run
from dnc_keras.runs.trained import TrainedRun

DOCS = pathlib.Path(__file__).parents[2] / "docs" / "serving.md"
NUM_PHOTOS = 5


def _programs():
    text = DOCS.read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)


@pytest.fixture(scope="module")
def folder(untrained_run, tmp_path_factory):
    """What the programs find: a model, photographs and one of them again."""
    root = tmp_path_factory.mktemp("user")
    export_run(TrainedRun(untrained_run), root / "served")
    random = np.random.default_rng(0)
    for number in range(NUM_PHOTOS):
        pixels = random.integers(0, 256, [20, 30, 3])
        write_image(root / "photos" / f"{number}.jpg", pixels)
    shutil.copy(root / "photos" / "3.jpg", root / "query.jpg")
    return root


@pytest.fixture
def run(folder, monkeypatch, tmp_path):
    """Runs the one program that has some words in it; returns its names."""
    monkeypatch.chdir(folder)

    def run(words):
        (program,) = [text for text in _programs() if words in text]
        file = tmp_path / "program.py"
        file.write_text(program, encoding="utf-8")
        return runpy.run_path(str(file))

    return run


@pytest.fixture
def expected(untrained_run, folder):
    """The embedding of the query."""
    served = tf.saved_model.load(str(folder / "served" / "1"))
    contents = tf.io.read_file(str(folder / "query.jpg"))[None]
    return served.signatures["serving_bytes"](image_bytes=contents)["embedding"]


def test_all_programs_are_tested():
    assert len(_programs()) == 5


def test_plain_tensorflow(run, expected):
    embedding = run("tf.io.read_file")["embedding"]
    assert embedding.shape == [1, 8]
    np.testing.assert_allclose(embedding, expected, atol=1e-5)


@pytest.mark.parametrize("words", ["TFSMLayer", "ServedEmbedding"])
def test_a_frozen_layer_of_keras(run, words):
    if words == "TFSMLayer" and not hasattr(keras.layers, words):
        pytest.skip("this Keras has no TFSMLayer")
    model = run(words)["model"]
    assert model(tf.zeros([2, 8, 8, 3])).shape == [2, 5]
    assert [tuple(v.shape) for v in model.trainable_variables] == [(8, 5), (5,)]
    before = _served_values(model)
    model.compile("sgd", "mse")
    images = np.random.default_rng(0).uniform(0, 255, [4, 8, 8, 3])
    model.fit(images.astype("float32"), np.ones([4, 5]), verbose=0)
    np.testing.assert_array_equal(_served_values(model), before)


def _served_values(model):
    pixels = tf.reshape(tf.range(2 * 8 * 8 * 3.0) % 255.0, [2, 8, 8, 3])
    embedding = model.layers[1](pixels)
    return embedding["embedding"] if isinstance(embedding, dict) else embedding


def test_scikit_learn_finds_the_photograph_itself(run):
    names = run("sklearn")
    assert names["paths"][names["rows"][0, 0]].name == "3.jpg"
    assert names["distances"][0, 0] == pytest.approx(0.0, abs=1e-4)


def test_grpc(run, folder, expected, monkeypatch):
    """With the service of TensorFlow Serving, answered by the signatures."""
    grpc = pytest.importorskip("grpc")
    services = pytest.importorskip(
        "tensorflow_serving.apis.prediction_service_pb2_grpc"
    )
    monkeypatch.syspath_prepend(str(DOCS.parents[1] / "tools"))
    from served_model.server import Server
    from tensorflow_serving.apis import predict_pb2

    serving = Server(str(folder / "served" / "1"))

    class Service(services.PredictionServiceServicer):
        def Predict(self, request, context):
            answer = serving.predict(request.SerializeToString())
            return predict_pb2.PredictResponse.FromString(answer)

    server = grpc.server(futures.ThreadPoolExecutor(1))
    services.add_PredictionServiceServicer_to_server(Service(), server)
    port = server.add_insecure_port("localhost:0")
    server.start()
    insecure_channel = grpc.insecure_channel
    monkeypatch.setattr(
        grpc,
        "insecure_channel",
        lambda _: insecure_channel(f"localhost:{port}"),
    )
    try:
        embeddings = run("grpc.insecure_channel")["embeddings"]
    finally:
        server.stop(None)
    np.testing.assert_allclose(embeddings, expected, atol=1e-5)
