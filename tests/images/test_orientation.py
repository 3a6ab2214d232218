"""Images stand upright, as their camera says."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tensorflow as tf
from helpers.image_files import decode_with_pillow
from helpers.image_files import encode
from helpers.image_files import png
from helpers.image_files import smooth
from PIL import Image
from PIL import ImageOps

from dnc_keras import images


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "MPO"])
def test_images_stand_upright_as_exif_says(orientation, order, file_format):
    exif = Image.Exif()
    exif.endian = order
    exif[0x010F] = "a camera with a long name"  # comes before the tag
    exif[0x0112] = orientation
    lying = encode(smooth(32, 48), file_format, exif=exif.tobytes(), quality=95)
    with Image.open(io.BytesIO(lying)) as stored:
        upright = ImageOps.exif_transpose(stored).convert("RGB")
    square = images.resize_and_center_crop(lying, 32, fraction=1.0)
    upright = png(np.asarray(upright))
    expected = images.resize_and_center_crop(upright, 32, fraction=1.0)
    np.testing.assert_allclose(square, expected, atol=8)


def test_a_random_crop_stands_upright_too():
    exif = Image.Exif()
    exif[0x0112] = 6  # The camera was turned: the top is on the right.
    lying = encode(smooth(32, 32), "JPEG", exif=exif.tobytes(), quality=95)
    crop = images.random_resized_crop(
        lying, 32, [1, 2], scale=(1.0, 1.0), ratio=(1.0, 1.0)
    )
    expected = np.rot90(decode_with_pillow(lying), -1)
    np.testing.assert_allclose(crop, expected, atol=8)


def test_what_cannot_be_decoded_is_always_told():
    # With the orientation read at the same time, 1 of 200 said "cancelled".
    crop = tf.function(
        lambda contents: images.resize_and_center_crop(contents, 8),
        input_signature=[tf.TensorSpec([], tf.string)],
    )
    cut = encode(smooth(9, 9), "GIF")[:-20]
    for _ in range(1500):
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be w"):
            crop(cut)


@pytest.mark.parametrize("tag", [None, 0, 9, 255])
def test_exif_without_a_right_orientation_changes_nothing(tag):
    exif = Image.Exif()
    exif[0x010F] = "maker"
    if tag is not None:
        exif[0x0112] = tag
    contents = encode(smooth(16, 16), "JPEG", exif=exif.tobytes())
    square = images.resize_and_center_crop(contents, 16, fraction=1.0)
    np.testing.assert_allclose(square, images.decode(contents), atol=1e-3)


def test_orientation_is_read_in_a_graph():
    exif = Image.Exif()
    exif[0x0112] = 3
    contents = encode(smooth(16, 16), "JPEG", exif=exif.tobytes())
    crop = tf.function(lambda c: images.resize_and_center_crop(c, 16, 1.0))
    turned = crop(tf.constant(contents))
    assert turned.shape == [16, 16, 3]
    np.testing.assert_allclose(turned, images.decode(contents)[::-1, ::-1])
