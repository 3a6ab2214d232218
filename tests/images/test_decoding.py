"""Images are decoded as PIL would, all of them or a box."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers.image_files import decode_with_pillow
from helpers.image_files import encode
from helpers.image_files import smooth

from dnc_keras import images
from dnc_keras.images import decoding


@pytest.mark.parametrize("encode", [tf.io.encode_png, tf.io.encode_jpeg])
def test_decode_gives_three_channels_of_a_gray_image(encode):
    gray = np.full([4, 6, 1], 77, np.uint8)
    decoded = images.decode(encode(gray))
    assert decoded.dtype == tf.uint8
    np.testing.assert_array_equal(decoded, np.full([4, 6, 3], 77))


def test_decode_takes_the_first_frame_of_an_animation():
    header = b"GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0"
    white, black = (
        b",\0\0\0\0\1\0\1\0\0\2\2" + pixel + b"\1\0" for pixel in (b"D", b"L")
    )
    decoded = images.decode(header + white + black + b";")
    np.testing.assert_array_equal(decoded, [[[255, 255, 255]]])


def test_decode_has_a_known_rank_in_a_graph():
    decode = tf.function(
        images.decode, input_signature=[tf.TensorSpec([], tf.string)]
    )
    assert decode.get_concrete_function().output_shapes == [None, None, 3]


@pytest.mark.parametrize(
    "file_format, mode",
    [
        ("PNG", "P"),
        ("PNG", "1"),
        ("PNG", "L"),
        ("BMP", "RGB"),
        ("GIF", "P"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("MPO", "RGB"),
    ],
)
def test_decode_sees_what_pillow_sees(file_format, mode):
    contents = encode(smooth(20, 30), file_format, mode)
    difference = images.decode(contents) - tf.cast(
        decode_with_pillow(contents), tf.uint8
    )
    # JPEG decoders may round differently, and CMYK has many ways to RGB.
    tolerance = 8 if file_format in ("JPEG", "MPO") else 0
    distance = tf.minimum(difference, 0 - difference)
    assert np.max(distance) <= tolerance


def test_decode_takes_the_upper_half_of_sixteen_bits():
    deep = np.arange(0, 60000, 1000, dtype=np.uint16).reshape(6, 10, 1)
    decoded = images.decode(tf.io.encode_png(deep))
    np.testing.assert_array_equal(decoded[..., :1], deep // 256)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "GIF"])
@pytest.mark.parametrize(
    "box", [(0, 0, 48, 64), (5, 9, 20, 33), (47, 63, 1, 1)]
)
def test_a_box_is_cut_from_what_decode_gives(file_format, box):
    contents = encode(smooth(48, 64), file_format)
    decoded = decoding.decode_box(contents, lambda size: tf.constant(box), 99)
    top, left, height, width = box
    expected = images.decode(contents)[top:, left:][:height, :width]
    # At its edge a box of a JPEG lacks the neighbours of its colours.
    np.testing.assert_allclose(decoded, expected, atol=8)


def test_the_box_is_chosen_for_the_size_of_the_image():
    sizes = []

    def choose(size):
        sizes.append(size.numpy().tolist())
        return tf.constant([0, 0, 1, 1])

    for file_format in ("PNG", "JPEG"):
        contents = encode(smooth(48, 64), file_format)
        decoding.decode_box(contents, choose, 8)
    assert sizes == [[48, 64]] * 2


@pytest.mark.parametrize(
    "min_size, shape",
    [(61, (121, 242)), (60, (60, 121)), (30, (30, 60)), (3, (15, 30))],
)
def test_a_large_jpeg_is_decoded_no_larger_than_needed(min_size, shape):
    contents = encode(smooth(240, 320), "JPEG", quality=95)
    decoded = decoding.decode_box(
        contents, lambda size: tf.constant([8, 16, 121, 242]), min_size
    )
    assert decoded.shape == [*shape, 3]
    box = images.decode(contents)[8:129, 16:258]
    means = tf.image.resize(box, shape, antialias=True)
    np.testing.assert_allclose(decoded, means, atol=8)
