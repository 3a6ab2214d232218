"""What is no image, or too large a one, is refused before it is decoded."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import tensorflow as tf
from helpers.image_files import encode
from helpers.image_files import plain
from PIL import Image

from dnc_keras.images import check_header
from dnc_keras.images import decode

FORMATS = ("JPEG", "PNG", "BMP", "GIF")


@pytest.fixture(scope="module")
def checked():
    """The check in a graph, for images of at most 200 pixels."""
    return tf.function(
        lambda contents: check_header(contents, max_pixels=200),
        [tf.TensorSpec([], tf.string)],
    )


def _encode(format, width=20, height=10, **options):
    return encode(plain(0, height, width), format, **options)


def _animation(num_frames, width=10, height=10):
    frames = [
        Image.fromarray(np.full([height, width], 9 * number, np.uint8))
        for number in range(num_frames)
    ]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


@pytest.mark.parametrize("format", FORMATS)
def test_an_image_of_as_many_pixels_as_allowed_passes(checked, format):
    contents = _encode(format)
    assert checked(contents).numpy() == contents


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("size", [(21, 10), (20, 11), (300, 300)])
def test_an_image_of_more_pixels_is_refused(checked, format, size):
    with pytest.raises(tf.errors.InvalidArgumentError) as raised:
        checked(_encode(format, *size))
    assert (
        "[Each of image_bytes must have 1 to 200 pixels. Received:] "
        f"[{size[0] * size[1]}] [pixels. Make the image smaller.]"
    ) in raised.value.message


@pytest.mark.parametrize("contents", [b"", b"G", b"hello", b"\x00" * 99])
def test_what_is_no_image_is_refused(checked, contents):
    with pytest.raises(tf.errors.InvalidArgumentError) as raised:
        checked(contents)
    assert (
        "[Each of image_bytes must be a JPEG, PNG, BMP or GIF. Received:] "
        f"[{len(contents)}] [bytes that are none.]"
    ) in raised.value.message


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("length", [3, 8, 12, 17, 21])
def test_half_a_header_is_refused(checked, format, length):
    with pytest.raises(tf.errors.InvalidArgumentError):
        checked(_encode(format)[:length])


def test_a_png_that_claims_gigabytes_is_refused(checked):
    contents = _encode("PNG")
    sizes = struct.pack(">II", 60_000, 60_000)
    bomb = contents[:16] + sizes + contents[24:]
    with pytest.raises(tf.errors.InvalidArgumentError, match="3600000000"):
        checked(bomb)


def test_frames_of_a_gif_count_together(checked):
    assert checked(_animation(2)).numpy() == _animation(2)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"\[300\]"):
        checked(_animation(3))


def test_a_frame_larger_than_its_gif_is_refused(checked):
    contents = _encode("GIF")
    frame = contents.index(b",")
    sizes = struct.pack("<HH", 65_000, 65_000)
    bomb = contents[: frame + 5] + sizes + contents[frame + 9 :]
    with pytest.raises(tf.errors.InvalidArgumentError, match="4225000000"):
        checked(bomb)


def test_a_gif_that_decodes_though_it_is_cut_off_passes(checked):
    contents = _animation(2)
    decoded = []
    for length in range(len(contents) // 2, len(contents)):
        try:
            decode(contents[:length])
        except tf.errors.InvalidArgumentError:
            continue
        decoded.append(length)
        assert checked(contents[:length]).numpy() == contents[:length]
    assert decoded


def test_rows_from_the_top_of_a_bmp_count_as_well(checked):
    contents = _encode("BMP")
    height = struct.pack("<i", -10)
    upside_down = contents[:22] + height + contents[26:]
    assert checked(upside_down).numpy() == upside_down
