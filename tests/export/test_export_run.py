"""The export of a run, with what is lost on the way."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import tensorflow as tf
from helpers import rounding

from dnc_keras import datasets
from dnc_keras._keras import keras
from dnc_keras.batches.loading import ImageLoading
from dnc_keras.export import export_run
from dnc_keras.export.export_run import ExportOptions
from dnc_keras.runs.trained import TrainedRun

# Of a convolution with 3x3 weights on 64 channels.
NUM_TERMS = 9 * 64
_LOADING = ImageLoading(8, center_crop=1.0)
FILES = [
    "embedding.tflite",
    "embedding_float16.tflite",
    "embedding_int8.tflite",
]


@pytest.fixture(scope="module")
def pixels():
    """Images that the run held out of nothing: those of the test classes."""
    test = datasets.load("digits").test.subset(np.arange(50))
    return np.concatenate(list(_LOADING.evaluation_batches(test)))


@pytest.fixture(scope="module")
def embed(untrained_run):
    """Gives embeddings of the first of two learners."""
    model = keras.models.load_model(untrained_run.chosen_model)

    def embed(images):
        rows = model(images).numpy()[:, :4]
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    return embed


@pytest.fixture(scope="module")
def expected(embed, pixels):
    return embed(pixels)


@pytest.fixture(scope="module")
def exported(untrained_run, tmp_path_factory):
    path = tmp_path_factory.mktemp("served")
    options = ExportOptions(embedding_dim=4, learners=True, tflite=True)
    return export_run.export_run(TrainedRun(untrained_run), path, options)


def _recall_at_1(rows, labels):
    distances = np.linalg.norm(rows[:, None] - rows, axis=-1)
    np.fill_diagonal(distances, np.inf)
    return np.mean(labels[np.argmin(distances, axis=1)] == labels)


def _run_tflite(path, images):
    interpreter = tf.lite.Interpreter(str(path))
    (given,) = interpreter.get_input_details()
    (answer,) = interpreter.get_output_details()
    interpreter.resize_tensor_input(given["index"], images.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], images)
    interpreter.invoke()
    return interpreter.get_tensor(answer["index"])


def test_losses_are_measured_on_the_test_where_few_classes_are_held_out(
    exported, untrained_run
):
    _, measured = exported
    test = datasets.load("digits").test
    assert measured["images"] == "test"
    assert measured["num_images"] == len(test)
    assert measured["num_classes"] == 5
    model = keras.models.load_model(untrained_run.chosen_model)
    images = np.concatenate(list(_LOADING.evaluation_batches(test)))
    rows = model(images).numpy()
    shorter = rows[:, :4] / np.linalg.norm(rows[:, :4], axis=1)[:, None]
    recall = measured["recall_at_1"]
    assert recall["trained"] == pytest.approx(_recall_at_1(rows, test.labels))
    assert recall["saved_model"] == pytest.approx(
        _recall_at_1(shorter, test.labels)
    )
    assert list(recall) == ["trained", "saved_model", *FILES]
    for name, lost in measured["recall_at_1_lost"].items():
        assert lost == recall["trained"] - recall[name]


def test_the_json_has_what_was_measured(exported):
    version, measured = exported
    told = json.loads((version / "assets.extra/dnc_keras.json").read_text())
    assert told["measured"] == measured
    assert told["embedding_dim"] == 4
    assert told["num_learners"] == 1


def test_the_saved_model_has_the_first_learners_alone(exported, pixels, embed):
    loaded = tf.saved_model.load(str(exported[0]))
    outputs = loaded.signatures["serving_default"](images=pixels)
    for received in (outputs["embedding"], outputs["per_learner"][:, 0]):
        rounding.assert_gives(embed, pixels, received, NUM_TERMS)


# That the interpreter will move into a package of its own.
@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
@pytest.mark.parametrize(
    "name, cosine",
    [
        ("embedding.tflite", 0.9999),
        ("embedding_float16.tflite", 0.9999),
        ("embedding_int8.tflite", 0.98),
    ],
)
def test_litert_models_give_these_embeddings(
    exported, pixels, expected, name, cosine
):
    version, measured = exported
    rows = _run_tflite(version / "assets.extra" / name, pixels)
    lengths = np.linalg.norm(rows, axis=1)
    assert np.min(np.sum(rows * expected, axis=1) / lengths) > cosine
    assert cosine < measured["cosine"][name] <= measured["median_cosine"][name]
    assert measured["median_cosine"][name] < 1.00001


def test_fewer_bits_are_smaller_files(exported):
    plain, half, int8 = [
        (exported[0] / "assets.extra" / name).stat().st_size for name in FILES
    ]
    assert half < 0.6 * plain
    assert int8 < 0.4 * plain


def test_an_onnx_model_gives_these_embeddings(untrained_run, tmp_path, pixels):
    pytest.importorskip("tf2onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    version, measured = export_run.export_run(
        TrainedRun(untrained_run), tmp_path, ExportOptions(onnx=True)
    )
    path = version / "assets.extra" / "embedding.onnx"
    session = onnxruntime.InferenceSession(str(path))
    (rows,) = session.run(["embedding"], {"images": pixels})
    model = keras.models.load_model(untrained_run.chosen_model)
    rounding.assert_gives(model, pixels, rows, NUM_TERMS)
    assert 0.9999 < measured["cosine"]["embedding.onnx"] < 1.00001
    assert measured["recall_at_1_lost"]["embedding.onnx"] == 0.0


def test_onnx_says_what_to_install(untrained_run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(ValueError, match="^onnx needs tf2onnx. Received: "):
        export_run.export_run(
            TrainedRun(untrained_run), tmp_path, ExportOptions(onnx=True)
        )
    assert not list(tmp_path.iterdir())


def test_a_plain_export_loses_nothing_and_reads_no_data(
    untrained_run, tmp_path, monkeypatch
):
    monkeypatch.setattr(datasets, "load", None)
    version, measured = export_run.export_run(
        TrainedRun(untrained_run), tmp_path
    )
    assert version == tmp_path / "1"
    assert measured is None


def test_images_with_more_pixels_than_asked_for_are_refused(
    untrained_run, tmp_path
):
    version, _ = export_run.export_run(
        TrainedRun(untrained_run), tmp_path, ExportOptions(max_pixels=99)
    )
    loaded = tf.saved_model.load(str(version))
    serve = loaded.signatures["serving_bytes"]
    small, large = (
        tf.io.encode_png(tf.zeros([9, width, 3], tf.uint8))
        for width in (11, 12)
    )
    assert serve(image_bytes=small[None])["embedding"].shape == [1, 8]
    with pytest.raises(tf.errors.InvalidArgumentError, match="1 to 99 pixels"):
        serve(image_bytes=large[None])
