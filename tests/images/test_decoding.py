"""Images are decoded as PIL would, all of them or a box."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tensorflow as tf
from helpers.image_files import decode_with_pillow
from helpers.image_files import encode
from helpers.image_files import smooth
from PIL import Image

from dnc_keras import images
from dnc_keras.images import decoding
from dnc_keras.images import kinds


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
        ("PNG", "LA"),
        ("PNG", "RGBA"),
        ("BMP", "RGB"),
        ("BMP", "RGBA"),
        ("BMP", "L"),
        ("BMP", "P"),
        ("GIF", "P"),
        ("GIF", "L"),
        ("JPEG", "RGB"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("MPO", "RGB"),
    ],
)
def test_decode_sees_what_pillow_sees(file_format, mode):
    contents = encode(smooth(20, 30), file_format, mode)
    decoded = images.decode(contents)
    # CMYK is rounded differently on its way to RGB.
    tolerance = 1 if mode == "CMYK" else 0
    expected = decode_with_pillow(contents)
    np.testing.assert_allclose(decoded, expected, atol=tolerance)


@pytest.mark.parametrize(
    "file_format, mode, options",
    [
        ("JPEG", "RGB", {"progressive": True}),
        ("JPEG", "RGB", {"subsampling": 2, "quality": 50}),
        ("JPEG", "RGB", {"keep_rgb": True}),
        ("PNG", "P", {"transparency": 3}),
        ("GIF", "P", {"transparency": 3}),
        ("GIF", "P", {"interlace": 1}),
    ],
)
def test_decode_sees_what_pillow_sees_in_each_form(file_format, mode, options):
    contents = encode(smooth(20, 30), file_format, mode, **options)
    decoded = images.decode(contents)
    np.testing.assert_array_equal(decoded, decode_with_pillow(contents))


def test_cmyk_without_the_marker_of_adobe_is_as_inverted_as_with_it():
    marked = encode(smooth(20, 30), "JPEG", "CMYK")
    begin = marked.index(b"\xff\xee")
    plain = marked[:begin] + marked[begin + 2 + marked[begin + 3] :]
    decoded = images.decode(plain)
    np.testing.assert_array_equal(decoded, images.decode(marked))
    np.testing.assert_allclose(decoded, decode_with_pillow(plain), atol=1)


@pytest.mark.parametrize("length", [0, 2, 13])
def test_a_marker_of_adobe_that_is_cut_is_none(length):
    marked = encode(smooth(20, 30), "JPEG", "CMYK")
    place = marked.index(b"\xff\xee") + 2
    cut = marked[:place] + bytes([0, length]) + marked[place + 2 :]
    decoded = images.decode(cut)
    np.testing.assert_allclose(decoded, decode_with_pillow(cut), atol=1)


@pytest.mark.skipif(not kinds.READS_WEBP, reason="TensorFlow reads no WebP")
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("is_animated", [False, True])
def test_decode_sees_what_pillow_sees_in_webp(mode, lossless, is_animated):
    picture = Image.fromarray(smooth(20, 30).astype(np.uint8)).convert(mode)
    options = {"lossless": lossless}
    if is_animated:
        options.update(save_all=True, append_images=[picture.rotate(180)])
    file = io.BytesIO()
    picture.save(file, "WEBP", **options)
    decoded = images.decode(file.getvalue())
    expected = decode_with_pillow(file.getvalue())
    np.testing.assert_array_equal(decoded, expected)


@pytest.mark.skipif(kinds.READS_WEBP, reason="TensorFlow reads WebP")
def test_webp_is_refused_by_name_where_it_cannot_be_read():
    contents = encode(smooth(20, 30), "WEBP")
    with pytest.raises(tf.errors.InvalidArgumentError, match="JPEG, PNG, BMP"):
        images.decode(contents)


@pytest.mark.parametrize("num_colors", [0, 2, 7, 255, 256])
def test_a_bmp_has_as_many_colors_as_it_tells(num_colors):
    contents = encode(smooth(20, 30), "BMP", "P")
    contents = contents[:46] + num_colors.to_bytes(4, "little") + contents[50:]
    np.testing.assert_array_equal(
        images.decode(contents), decode_with_pillow(contents)
    )


@pytest.mark.parametrize("mode", ["1"])
def test_a_bmp_of_other_bits_is_refused_by_name(mode):
    contents = encode(smooth(20, 30), "BMP", mode)
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="Save it as a PNG"
    ):
        images.decode(contents)


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
