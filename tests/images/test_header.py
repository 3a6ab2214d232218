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
from dnc_keras.images import kinds

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
        "[An encoded image must have 1 to 200 pixels. Received:] "
        f"[{size[0] * size[1]}] [pixels. Make the image smaller.]"
    ) in raised.value.message


@pytest.mark.parametrize("contents", [b"", b"G", b"hello", b"\x00" * 99])
def test_what_is_no_image_is_refused(checked, contents):
    with pytest.raises(tf.errors.InvalidArgumentError) as raised:
        checked(contents)
    assert (
        f"[An encoded image must be a {kinds.NAMES}. Received:] "
        f"[{len(contents)}] [bytes that are none. Convert it.]"
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


def _chunk(kind, length, content):
    return struct.pack(">I", length) + kind + content + bytes(4)


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt", b"sPLT"])
@pytest.mark.parametrize("behind", [False, True])
def test_a_png_whose_text_is_endless_is_refused(checked, kind, behind):
    contents = _encode("PNG")
    place = contents.index(b"IEND") - 4 if behind else 33
    text = _chunk(kind, 2**31 - 1, b"key\0text")
    with pytest.raises(tf.errors.InvalidArgumentError, match="texts of a PNG"):
        checked(contents[:place] + text + contents[place:])


def test_a_text_may_speak_of_texts(checked):
    contents, words = _encode("PNG"), b"Comment\0with a tEXt and an iTXt"
    for place in (33, contents.index(b"IEND") - 4):
        text = _chunk(b"tEXt", len(words), words)
        other = contents[:place] + text + contents[place:]
        assert checked(other).numpy() == other


def test_of_an_animation_the_first_frame_alone_is_decoded(checked):
    many, one = checked(_animation(28)).numpy(), _animation(1)
    assert len(many) <= len(one)
    with Image.open(io.BytesIO(many)) as image:
        assert image.n_frames == 1


@pytest.mark.parametrize("corner", [(1, 0), (0, 1), (0, 0)])
def test_a_frame_that_does_not_fill_its_gif_is_refused(checked, corner):
    contents = _encode("GIF")
    frame = contents.index(b",")
    place = struct.pack("<HHHH", *corner, 65_000, 65_000)
    other = contents[: frame + 1] + place + contents[frame + 9 :]
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be whole"):
        checked(other)


def test_a_gif_may_be_cut_off_behind_its_first_frame(checked):
    contents = _animation(2)
    whole = checked(contents).numpy()
    second = contents.rindex(b",")
    assert checked(contents[:second]).numpy() == whole
    with pytest.raises(tf.errors.InvalidArgumentError):
        checked(contents[: contents.index(b",") + 15])


def test_the_walk_through_empty_blocks_ends_soon(checked):
    blocks = b"\x21\xf9\x00" * 2**18
    with pytest.raises(tf.errors.InvalidArgumentError, match="at most 16384"):
        checked(b"GIF89a\x01\0\x01\0\0\0\0" + blocks)


def test_a_jpeg_of_very_many_scans_is_refused(checked):
    contents = _encode("JPEG", progressive=True)
    scans = contents[contents.index(b"\xff\xda") : -2]
    assert checked(contents).numpy() == contents
    with pytest.raises(tf.errors.InvalidArgumentError, match="few scans"):
        checked(contents[:-2] + scans * 20 + contents[-2:])


@pytest.mark.parametrize("size", [12, 41, 255, 2**24])
def test_a_bmp_with_a_header_of_unknown_size_is_refused(checked, size):
    contents = _encode("BMP")
    other = contents[:14] + struct.pack("<I", size) + contents[18:]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Save it as a P"):
        checked(other)


def test_a_bmp_of_more_colors_than_a_byte_tells_is_refused(checked):
    contents = encode(plain(0, 4, 4), "BMP", "P")
    assert checked(contents).numpy() == contents
    other = contents[:46] + struct.pack("<I", 257) + contents[50:]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Save it as a P"):
        checked(other)


@pytest.mark.parametrize("version", [b"GIF88a", b"GIF87b", b"GIF8\0a"])
def test_a_gif_of_unknown_version_is_refused(checked, version):
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be whole"):
        checked(version + _encode("GIF")[6:])


def test_rows_from_the_top_of_a_bmp_count_as_well(checked):
    contents = _encode("BMP")
    height = struct.pack("<i", -10)
    upside_down = contents[:22] + height + contents[26:]
    assert checked(upside_down).numpy() == upside_down
