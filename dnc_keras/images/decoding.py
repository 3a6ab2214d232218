"""Encoded bytes to pixels, all of them or a box."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf


def decode(contents) -> tf.Tensor:
    """Decodes one JPEG, PNG, BMP or GIF (its first frame).

    Gray images become RGB, CMYK too; 16 bits become 8; transparency is left
    out. Orientation is not looked at: `orient` does that.

    Args:
        contents: scalar string tensor, the encoded image.

    Returns:
        `[height, width, 3]` uint8 tensor, RGB.
    """
    image = tf.io.decode_image(contents, channels=3, expand_animations=False)
    return tf.ensure_shape(image, [None, None, 3])


def decode_box(contents, choose_box: Callable, min_size: int) -> tf.Tensor:
    """Decodes a box of one image; of a JPEG no more than it needs.

    A JPEG that is much larger than needed is decoded to 1/2, 1/4 or 1/8 of its
    height and width, each pixel the mean of those it stands for.

    Args:
        contents: scalar string tensor, the encoded image.
        choose_box: function from the image's size, `[2]` int32 height and
            width, to the box, `[4]` int32 top, left, height and width.
        min_size: the result is not made smaller than this, in pixels, on
            either side.

    Returns:
        `[height, width, 3]` uint8 tensor, RGB.
    """
    is_jpeg = tf.io.is_jpeg(contents)
    # What is no JPEG is decoded whole, once, to know its size.
    image = tf.cond(
        is_jpeg,
        lambda: tf.zeros([0, 0, 3], tf.uint8),
        lambda: decode(contents),
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
            contents, box // ratio, channels=3, ratio=ratio
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
