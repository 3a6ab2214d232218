"""An exported model needs neither this package nor Keras."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from helpers import rounding
from helpers.image_files import jpeg
from helpers.image_files import png
from helpers.small_models import CENTER_CROP
from helpers.small_models import IMAGE_SIZE
from helpers.small_models import NUM_TERMS

from dnc_keras.batches.extraction import extract
from dnc_keras.batches.loading import ImageLoading
from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets.contents import InMemory

_ZEROS = tf.zeros([1, 8, 8, 3])
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


def _encoded_images():
    """Encoded images of several sizes and kinds."""
    random = np.random.default_rng(0)

    def noise(*shape):
        return random.integers(0, 256, shape)

    return [
        png(noise(13, 9, 3)),
        png(noise(8, 8, 3)),
        png(noise(20, 31, 1)),
        jpeg(noise(16, 16, 3)),
    ]


def _cosines(one, other):
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.sum(one * other, axis=1) / lengths


@pytest.fixture(scope="module")
def pixels():
    """The images as the evaluation of a training sees them."""
    contents = _encoded_images()
    index = ImageIndex.from_class_names(
        ["no file"] * len(contents),
        ["class"] * len(contents),
        InMemory.of(contents),
    )
    loading = ImageLoading(IMAGE_SIZE, center_crop=CENTER_CROP)
    (images,) = loading.evaluation_batches(index)
    return images


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
        (
            "serving_default",
            {
                "images": tf.where(
                    tf.eye(8)[None, :, :, None] > 0, np.nan, _ZEROS
                )
            },
            "images must be finite",
        ),
        ("serving_default", {"images": _ZEROS + np.inf}, "must be finite"),
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
