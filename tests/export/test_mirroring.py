"""Mirror images: of pixels, of encoded images, and their embeddings."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers.image_files import coordinates
from helpers.image_files import decode_with_pillow
from helpers.image_files import encode
from helpers.image_files import png

from dnc_keras.export import mirroring


class FirstPixels:
    """Embeds an image as the top left pixel of each colour."""

    takes = "images"
    version = "abc"
    embedding_dim = 3

    def __init__(self):
        self.batches = []

    def embed(self, image_bytes):
        self.batches.append(len(image_bytes))
        images = [decode_with_pillow(content) for content in image_bytes]
        return np.float32([image[0, 0] for image in images])


def test_encoded_image_is_mirrored_left_and_right():
    image = coordinates(3, 5)
    mirrored = mirroring.mirror(tf.constant(png(image))).numpy()
    np.testing.assert_array_equal(decode_with_pillow(mirrored), image[:, ::-1])


def test_image_is_turned_upright_before_it_is_mirrored():
    # Orientation 6: the stored image is turned right by a quarter.
    image = coordinates(3, 5)
    exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    stored = encode(image, "PNG", exif=exif)
    mirrored = mirroring.mirror(tf.constant(stored)).numpy()
    upright = np.rot90(image, -1)
    np.testing.assert_array_equal(
        decode_with_pillow(mirrored), upright[:, ::-1]
    )


@pytest.mark.parametrize("max_bytes", [1, 2**28])
def test_embedding_is_the_mean_of_both_of_length_1(max_bytes, monkeypatch):
    monkeypatch.setattr(mirroring, "_MAX_BYTES", max_bytes)
    images = [coordinates(3, 5) + 1, coordinates(4, 9) + 2]
    total = np.float64([image[0, 0] + image[0, -1] for image in images])
    expected = total / np.linalg.norm(total, axis=1, keepdims=True)
    model = FirstPixels()
    averaged = mirroring.MirrorAveraged(model)
    found = averaged.embed([png(image) for image in images])
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    # Few are held at a time.
    assert model.batches == ([2, 1, 1] if max_bytes == 1 else [2, 2])


def test_averaged_model_has_a_version_of_its_own():
    averaged = mirroring.MirrorAveraged(FirstPixels())
    assert averaged.version == "abc+mirrored"
    assert averaged.embedding_dim == 3


def test_vectors_have_no_mirror_image():
    model = FirstPixels()
    model.takes = "vectors"
    with pytest.raises(ValueError, match="vectors, which have no mirror image"):
        mirroring.MirrorAveraged(model)


def test_batch_of_pixels_is_mirrored():
    images = np.float32([coordinates(3, 5)])
    found = mirroring.mirrored_pixels(tf.constant(images))
    np.testing.assert_array_equal(found, images[:, :, ::-1])


def test_batch_of_something_else_is_refused():
    with pytest.raises(ValueError, match="a batch of 2 axes"):
        mirroring.mirrored_pixels(tf.zeros([3, 4]))
