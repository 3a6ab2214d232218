"""Encoded bytes to pixels, all of them or a box."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from dnc_keras.images import kinds
from dnc_keras.images.byte_numbers import first_bytes
from dnc_keras.images.byte_numbers import numbers
from dnc_keras.images.header import MAX_PIXELS
from dnc_keras.images.header import check_header
from dnc_keras.images.rare_cases import rarely_called
from dnc_keras.images.walking import slice_of

# The same pixels as Pillow's, to the bit, and as fast as the default.
_DCT = "INTEGER_ACCURATE"
_BMP_PALETTE = 1024  # Bytes.
_BMP_COLOR = 4  # Bytes of a colour of a palette: blue, green, red, nothing.


def decode(contents, max_pixels: int = MAX_PIXELS) -> tf.Tensor:
    """Checks and decodes one image, the first of an animation.

    Pixels are those that Pillow makes. Gray images become RGB, CMYK too;
    palettes are looked up; 16 bits become 8; transparency is left out.
    Orientation is not looked at: `orient` does that.

    Args:
        contents: scalar string tensor, the encoded image.
        max_pixels: as in `check_header`.

    Returns:
        `[height, width, 3]` uint8 tensor, RGB.

    Raises:
        tf.errors.InvalidArgumentError: for what `check_header` refuses, and
            for what is not whole.
    """
    return _decode_checked(check_header(contents, max_pixels))


def _decode_checked(contents):
    image = tf.cond(
        tf.io.is_jpeg(contents),
        lambda: tf.io.decode_jpeg(contents, channels=3, dct_method=_DCT),
        lambda: _decode_other(contents),
    )
    return tf.ensure_shape(image, [None, None, 3])


def _decode_other(contents):
    return tf.cond(
        kinds.kind_of(contents) == kinds.PNG,
        lambda: tf.io.decode_png(contents, channels=3),
        lambda: _decode_rare_kind(contents),
    )


@rarely_called
def _decode_rare_kind(contents):
    return kinds.by_kind(
        contents,
        {
            kinds.BMP: lambda: _decode_bmp(contents),
            # Its alpha, which a lossless one may have, cannot be left out.
            kinds.WEBP: lambda: _decode_any(contents, 0)[..., :3],
        },
        default=lambda: _decode_any(contents, 3),
    )


def _decode_any(contents, channels):
    return tf.io.decode_image(contents, channels, expand_animations=False)


def _decode_bmp(contents):
    image = _decode_any(contents, 0)
    places = tf.cast(image[..., 0], tf.int32)
    return tf.cond(
        tf.shape(image)[-1] == 1,
        lambda: tf.gather(_bmp_palette(contents), places),
        lambda: image[..., :3],
    )


def _bmp_palette(contents):
    """`[256, 3]` uint8, RGB; black where the file has fewer colours."""
    end, size_of_header, num_colors = numbers(
        contents, 0, [(10, 4), (14, 4), (46, 4)]
    )
    begin = 14 + size_of_header
    told = tf.where(num_colors > 0, num_colors * _BMP_COLOR, _BMP_PALETTE)
    length = tf.minimum(end - begin, told)
    stored = first_bytes(slice_of(contents, begin, length), _BMP_PALETTE)
    return tf.reshape(stored, [-1, _BMP_COLOR])[:, 2::-1]


def decode_box(
    contents, choose_box: Callable, min_size: int, max_pixels: int = MAX_PIXELS
) -> tf.Tensor:
    """Checks one image and decodes a box of it; of a JPEG no more than needed.

    A JPEG that is much larger than needed is decoded to 1/2, 1/4 or 1/8 of its
    height and width, each pixel the mean of those it stands for.

    Args:
        contents: scalar string tensor, the encoded image.
        choose_box: function from the image's size, `[2]` int32 height and
            width, to the box, `[4]` int32 top, left, height and width.
        min_size: the result is not made smaller than this, in pixels, on
            either side.
        max_pixels: as in `check_header`.

    Returns:
        `[height, width, 3]` uint8 tensor, RGB.
    """
    contents = check_header(contents, max_pixels)
    is_jpeg = tf.io.is_jpeg(contents)
    # What is no JPEG is decoded whole, once, to know its size.
    image = tf.cond(
        is_jpeg,
        lambda: tf.zeros([0, 0, 3], tf.uint8),
        lambda: _decode_checked(contents),
    )
    size = tf.cond(
        is_jpeg,
        lambda: tf.io.extract_jpeg_shape(contents)[:2],
        lambda: tf.shape(image)[:2],
    )
    box = choose_box(size)
    return tf.cond(
        is_jpeg,
        lambda: _decode_jpeg_box(contents, box, min_size),
        lambda: _cut(image, box),
    )


def _decode_jpeg_box(contents, box, min_size):
    spare = tf.reduce_min(box[2:]) // min_size

    def decode_at(ratio):
        return lambda: tf.image.decode_and_crop_jpeg(
            contents, box // ratio, channels=3, ratio=ratio, dct_method=_DCT
        )

    # Most often 1, which is tried first.
    return tf.cond(
        spare < 2,
        decode_at(1),
        lambda: tf.switch_case(
            tf.cast(spare >= 4, tf.int32) + tf.cast(spare >= 8, tf.int32),
            [decode_at(2), decode_at(4), decode_at(8)],
        ),
    )


def _cut(image, box):
    return tf.slice(
        image, tf.pad(box[:2], [[0, 1]]), tf.concat([box[2:], [3]], 0)
    )
