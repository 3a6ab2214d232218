"""Tests of what the requests to an exported model hold."""

import io
import json

import numpy as np
import pytest
import tensorflow as tf
from helpers.image_files import jpeg
from helpers.image_files import png
from helpers.image_files import smooth
from PIL import Image

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.export.served_inputs import ServedInputs

layers = keras.layers


def _model(*shape, dtype="float32"):
    inputs = keras.Input(shape, dtype=dtype)
    return keras.Model(inputs, layers.Flatten()(inputs))


def _images(model, image_size=None):
    return ServedInputs(model, image_size).image_shape


@pytest.mark.parametrize(
    "shape, image_size, expected",
    [
        ((8, 12, 3), None, (8, 12, 3)),
        ((8, 12, 3), (8, 12), (8, 12, 3)),
        ((8, 8, 1), 8, (8, 8, 1)),
        ((None, None, 3), 8, (8, 8, 3)),
        ((None, None, 3), [8, 12], (8, 12, 3)),
        ((5,), None, None),
        ((), None, None),
    ],
)
def test_images_have_the_size_that_the_model_takes(shape, image_size, expected):
    assert _images(_identity(shape), image_size) == expected


def _identity(shape):
    inputs = keras.Input(shape)
    return keras.Model(inputs, layers.Activation("linear")(inputs))


@pytest.mark.parametrize(
    "shape, image_size, message",
    [
        ((8, 12, 3), 8, r"image_size=\(8, 12\), or leave it out"),
        ((None, None, 3), None, r"Use image_size=224, or \(height, width\)"),
        ((5,), 8, "for models of images.*Leave it out"),
    ],
)
def test_other_sizes_are_refused(shape, image_size, message):
    with pytest.raises(ValueError, match=message):
        _images(_identity(shape), image_size)


@pytest.mark.parametrize(
    "model, names",
    [
        (lambda: _model(8, 8, 3), ["images"]),
        (lambda: _model(8, 8, 5), ["images"]),
        (lambda: _model(5), ["features"]),
        (lambda: _model(5, dtype="int32"), ["inputs"]),
        (lambda: _model(4, 5), ["inputs"]),
    ],
)
def test_arguments_are_named_after_what_they_are(model, names):
    assert list(ServedInputs(model()).specs) == names


@pytest.mark.parametrize("shape", [(0, 0, 5), (0, 3, 5), (2, 3, 5)])
def test_of_sequences_of_any_length_there_may_be_none(tmp_path, shape):
    steps = keras.Input([None, 5])
    model = keras.Model(steps, layers.GlobalMaxPooling1D()(steps))
    version = dnc.export_saved_model(model, tmp_path)
    served = tf.saved_model.load(str(version)).signatures["serving_default"]
    given = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    received = served(inputs=tf.constant(given))["embedding"]
    expected = given.max(axis=1) if len(given) else np.zeros([0, 5])
    np.testing.assert_array_equal(received, expected)


@pytest.fixture(scope="module")
def gray(tmp_path_factory):
    """Images of one channel, and the served model of them."""
    pixels = keras.Input([8, 12, 1])
    rows = layers.Flatten()(layers.Rescaling(1 / 255)(pixels))
    model = dnc.DivideAndConquer(keras.Model(pixels, rows), 4, 2)
    folder = tmp_path_factory.mktemp("gray")
    version = dnc.export_saved_model(model, folder, center_crop=1.0)
    return model, version, tf.saved_model.load(str(version)).signatures


@pytest.mark.parametrize("encode", [png, jpeg])
@pytest.mark.parametrize("channels", [1, 3])
def test_encoded_images_become_gray_as_pillow_does_it(gray, encode, channels):
    model, _, signatures = gray
    contents = encode(smooth(8, 12)[..., :channels])
    image = Image.open(io.BytesIO(contents)).convert("L")
    expected = model(np.asarray(image, np.float32)[None, :, :, None])
    received = signatures["serving_bytes"](image_bytes=[contents])["embedding"]
    # Pillow rounds each pixel and decodes JPEG by another method; an embedding
    # has length 1.
    np.testing.assert_allclose(received, expected, atol=2e-2)


def test_the_description_says_what_is_taken(gray):
    _, version, _ = gray
    facts = json.loads((version / "assets.extra/dnc_keras.json").read_text())
    assert facts["image_size"] == [8, 12]
    assert facts["inputs"] == {
        "images": {"shape": [None, 8, 12, 1], "dtype": "float32"}
    }
    assert len(facts["preprocessing_sha256"]) == 64


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"model": "x"}, TypeError, "model must be a layer or model"),
        ({"center_crop": 5}, ValueError, "center_crop must be"),
        ({"center_crop": 0.0}, ValueError, "center_crop must be"),
    ],
)
def test_nonsense_is_refused_and_leaves_nothing(
    tmp_path, arguments, error, message
):
    with pytest.raises(error, match=message):
        dnc.export_saved_model(
            **{"model": _model(8, 8, 3), "path": tmp_path, **arguments}
        )
    assert list(tmp_path.iterdir()) == []
