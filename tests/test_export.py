"""An exported model needs neither this package nor Keras."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import rounding
import tensorflow as tf

from dnc_keras import DivideAndConquer
from dnc_keras._keras import keras
from dnc_keras.backbones import PixelScaling
from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets.contents import InMemory
from dnc_keras.export import export_saved_model
from dnc_keras.export import latest_version
from dnc_keras.export.description import preprocessing_hash
from dnc_keras.extraction import extract
from dnc_keras.input_pipeline import evaluation_images

IMAGE_SIZE = 8
CENTER_CROP = 0.8
# Of a convolution with 3x3 weights on 3 colours.
NUM_TERMS = 27
# To import one of the packages that are None is an ImportError.
_SERVE = """
import sys
sys.modules.update(dnc_keras=None, keras=None, tf_keras=None)
import numpy as np
import tensorflow as tf

export_dir, request, answer = sys.argv[1:]
signatures = tf.saved_model.load(export_dir).signatures
with np.load(request, allow_pickle=True) as images:
    served = {
        "serving_bytes": signatures["serving_bytes"](
            image_bytes=tf.constant(list(images["bytes"]))
        ),
        "serving_default": signatures["serving_default"](
            images=tf.constant(images["pixels"])
        ),
    }
np.savez(answer, **{name: out["embedding"] for name, out in served.items()})
"""


def _model():
    backbone = keras.Sequential(
        [
            keras.Input([IMAGE_SIZE, IMAGE_SIZE, 3]),
            PixelScaling(),
            keras.layers.Conv2D(6, 3),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
        ]
    )
    return DivideAndConquer(backbone, embedding_dim=4, num_learners=2)


def _encoded_images():
    """Encoded images of several sizes and kinds."""
    random = np.random.default_rng(0)

    def noise(*shape):
        return tf.constant(random.integers(0, 256, shape), tf.uint8)

    return [
        tf.io.encode_png(noise(13, 9, 3)).numpy(),
        tf.io.encode_png(noise(8, 8, 3)).numpy(),
        tf.io.encode_png(noise(20, 31, 1)).numpy(),
        tf.io.encode_jpeg(noise(16, 16, 3)).numpy(),
    ]


def _cosines(one, other):
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.sum(one * other, axis=1) / lengths


@pytest.fixture(scope="module")
def model():
    return _model()


@pytest.fixture(scope="module")
def pixels():
    """The images as the evaluation of a training sees them."""
    contents = _encoded_images()
    index = ImageIndex.from_class_names(
        ["no file"] * len(contents),
        ["class"] * len(contents),
        InMemory.of(contents),
    )
    (images,) = evaluation_images(index, IMAGE_SIZE, CENTER_CROP)
    return images


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("export")
    return export_saved_model(model, path, IMAGE_SIZE, CENTER_CROP)


@pytest.fixture(scope="module")
def served(exported, pixels, tmp_path_factory):
    """The embeddings by signature, in a process without Keras."""
    folder = tmp_path_factory.mktemp("elsewhere")
    contents = np.array(_encoded_images(), object)
    np.savez(folder / "request.npz", bytes=contents, pixels=pixels)
    command = [sys.executable, "-I", "-c", _SERVE]
    subprocess.run(
        [*command, str(exported), "request.npz", "answer.npz"],
        cwd=folder,
        check=True,
    )
    with np.load(folder / "answer.npz") as answer:
        return dict(answer)


@pytest.mark.parametrize("signature", ["serving_bytes", "serving_default"])
def test_a_process_without_keras_gets_the_same_embeddings(
    served, model, pixels, signature
):
    received = served[signature]
    expected = extract(model, tf.data.Dataset.from_tensors(pixels))
    assert received.shape == (4, 4)
    assert _cosines(received, expected).min() >= 0.9999


def test_images_differ_so_that_equal_embeddings_mean_something(served):
    embeddings = served["serving_bytes"]
    assert _cosines(embeddings[:1], embeddings[1:]).max() < 0.9999


@pytest.mark.parametrize("batch", [slice(0, 4), slice(2, 3)])
def test_a_batch_may_have_any_size(exported, model, pixels, batch):
    contents = tf.constant(_encoded_images()[batch])
    serve = tf.saved_model.load(str(exported)).signatures["serving_bytes"]
    received = serve(image_bytes=contents)["embedding"]
    rounding.assert_gives(
        lambda images: model(images)[batch], pixels, received, NUM_TERMS
    )


@pytest.fixture(scope="module")
def signatures(exported):
    return tf.saved_model.load(str(exported))


@pytest.mark.parametrize(
    "signature, inputs",
    [
        ("serving_bytes", {"image_bytes": tf.zeros([0], tf.string)}),
        ("serving_default", {"images": tf.zeros([0, 8, 8, 3])}),
    ],
)
def test_an_empty_batch_has_no_embeddings(signatures, signature, inputs):
    outputs = signatures.signatures[signature](**inputs)
    assert outputs["embedding"].shape == [0, 4]


@pytest.mark.parametrize(
    "signature, inputs, words",
    [
        ("serving_bytes", {"image_bytes": tf.constant([""])}, "must be a JPEG"),
        ("serving_bytes", {"image_bytes": tf.constant([["a"]])}, "[1,1] is"),
        ("serving_bytes", {"image_bytes": tf.constant("a")}, "[] is not"),
        ("serving_bytes", {"image_bytes": tf.zeros([1])}, "string tensor"),
        ("serving_default", {"images": tf.zeros([1, 9, 8, 3])}, "[?,8,8,3]"),
        ("serving_default", {"images": tf.zeros([8, 8, 3])}, "[?,8,8,3]"),
        (
            "serving_default",
            {"images": tf.zeros([1, 8, 8, 3], tf.uint8)},
            "float tensor",
        ),
    ],
)
def test_a_wrong_request_is_refused_and_the_next_one_answered(
    signatures, signature, inputs, words
):
    with pytest.raises(tf.errors.InvalidArgumentError) as raised:
        signatures.signatures[signature](**inputs)
    assert words in raised.value.message
    serve = signatures.signatures["serving_bytes"]
    contents = tf.constant(_encoded_images())
    assert serve(image_bytes=contents)["embedding"].shape == [4, 4]


def test_half_an_image_is_refused(signatures):
    serve = signatures.signatures["serving_bytes"]
    for contents in _encoded_images():
        with pytest.raises(tf.errors.InvalidArgumentError):
            serve(image_bytes=tf.constant([contents[: len(contents) // 2]]))


def test_the_warm_up_has_a_request_for_each_signature(exported, signatures):
    prediction_log = pytest.importorskip(
        "tensorflow_serving.apis.prediction_log_pb2"
    )
    file = exported / "assets.extra" / "tf_serving_warmup_requests"
    records = list(tf.data.TFRecordDataset(str(file)).as_numpy_iterator())
    logs = [prediction_log.PredictionLog.FromString(r) for r in records]
    requests = [log.predict_log.request for log in logs]
    assert [request.model_spec.signature_name for request in requests] == [
        "serving_default",
        "serving_bytes",
    ]
    for request in requests:
        inputs = {
            name: tf.constant(tf.make_ndarray(proto))
            for name, proto in request.inputs.items()
        }
        serve = signatures.signatures[request.model_spec.signature_name]
        assert serve(**inputs)["embedding"].shape[1] == 4


def test_without_its_package_the_warm_up_is_left_out(
    tmp_path, model, monkeypatch, quick_save
):
    monkeypatch.setitem(sys.modules, "tensorflow_serving", None)
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    version = export_saved_model(model, tmp_path, IMAGE_SIZE)
    extra = version / "assets.extra"
    assert [path.name for path in extra.iterdir()] == ["dnc_keras.json"]


def test_an_export_says_what_it_is(exported):
    told = json.loads((exported / "assets.extra/dnc_keras.json").read_text())
    assert told["image_size"] == IMAGE_SIZE
    assert told["center_crop"] == CENTER_CROP
    assert told["embedding_dim"] == 4
    assert told["num_learners"] == 2
    assert told["masks"] == "fixed"
    assert told["versions"]["tensorflow"] == tf.__version__
    assert len(told["preprocessing_sha256"]) == 64


def test_another_pre_processing_has_another_hash():
    hashes = {
        preprocessing_hash(*settings)
        for settings in [(8, 0.8), (8, 1.0), (9, 0.8), (9, 1), (9, 1.0)]
    }
    assert len(hashes) == 4


def test_a_description_is_added(tmp_path, quick_save, model):
    version = export_saved_model(
        model, tmp_path, IMAGE_SIZE, description={"training": {"epochs": 3}}
    )
    told = json.loads((version / "assets.extra/dnc_keras.json").read_text())
    assert told["training"] == {"epochs": 3}
    assert told["image_size"] == IMAGE_SIZE


def test_weights_are_those_of_the_time_of_export(tmp_path):
    model = _model()
    weights = model.get_weights()
    version = export_saved_model(model, tmp_path, IMAGE_SIZE)
    model.set_weights([-weight for weight in weights])
    serve = tf.saved_model.load(str(version)).signatures["serving_default"]
    images = tf.ones([1, IMAGE_SIZE, IMAGE_SIZE, 3])
    received = serve(images=images)["embedding"]
    model.set_weights(weights)
    rounding.assert_gives(model, images, received, NUM_TERMS)


@pytest.fixture
def quick_save(monkeypatch):
    def save(module, folder, signatures):
        tf.io.gfile.makedirs(folder)
        tf.io.write_file(f"{folder}/saved_model.pb", "")

    monkeypatch.setattr(tf.saved_model, "save", save)


def test_versions_count_from_one(tmp_path, quick_save, model):
    path = tmp_path / "new" / "models"
    versions = [export_saved_model(model, path, IMAGE_SIZE) for _ in range(2)]
    assert versions == [path / "1", path / "2"]


def test_the_next_version_follows_the_largest_number(
    tmp_path, quick_save, model
):
    for name in ("2", "9", "10-old"):
        (tmp_path / name).mkdir()
    version = export_saved_model(model, tmp_path, IMAGE_SIZE)
    assert version == tmp_path / "10"


def test_nothing_is_left_when_saving_fails(tmp_path, monkeypatch, model):
    def save(module, folder, signatures):
        tf.io.write_file(f"{folder}/saved_model.pb", "half")
        raise OSError("No space left on device")

    monkeypatch.setattr(tf.saved_model, "save", save)
    with pytest.raises(OSError, match="No space left"):
        export_saved_model(model, tmp_path, IMAGE_SIZE)
    assert list(tmp_path.iterdir()) == []


def test_the_latest_version_has_the_largest_number(tmp_path):
    for name in ("9", "10"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "saved_model.pb").touch()
    assert latest_version(tmp_path) == tmp_path / "10"


def test_a_version_is_its_own_latest(exported):
    assert latest_version(exported) == exported
    assert latest_version(exported.parent) == exported


@pytest.mark.parametrize("name", ["", "gone"])
def test_a_folder_without_a_model_is_named(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(ValueError) as raised:
        latest_version(path)
    assert str(raised.value) == (
        "export_dir must be a SavedModel or the folder of its versions. "
        f"Received: {str(path)!r}. Export one with dnc_keras.export_model."
    )
