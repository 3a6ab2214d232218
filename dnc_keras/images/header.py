"""Looks at the first bytes of an image before it is decoded."""

from __future__ import annotations

import tensorflow as tf

# 8,192 x 8,192: 192 MB when decoded.
MAX_PIXELS = 2**26
_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"GIF8")
_HEAD = 32  # Bytes: all that PNG and BMP need.
_FRAME, _EXTENSION = 0x2C, 0x21


def check_header(contents, max_pixels: int = MAX_PIXELS) -> tf.Tensor:
    """Refuses what is no image, and images that decoding would blow up.

    A file of a few kilobytes may stand for gigabytes of pixels. Its header
    tells, and is read here, in the graph.

    Args:
        contents: scalar string tensor, the encoded image.
        max_pixels: largest height * width; of a GIF that of all frames
            together, which are decoded together. 2**26 by default.

    Returns:
        `contents`, to be decoded after the check.

    Raises:
        tf.errors.InvalidArgumentError: for anything but a JPEG, PNG, BMP or
            GIF of 1 to `max_pixels` pixels.
    """
    kind = _kind(contents)
    known = tf.debugging.Assert(
        kind < len(_STARTS),
        [
            "Each of image_bytes must be a JPEG, PNG, BMP or GIF. Received:",
            tf.strings.length(contents),
            "bytes that are none.",
        ],
    )
    with tf.control_dependencies([known]):
        pixels = _num_pixels(contents, kind)
    small = tf.debugging.Assert(
        (pixels > 0) & (pixels <= max_pixels),
        [
            f"Each of image_bytes must have 1 to {max_pixels} pixels. "
            "Received:",
            pixels,
            "pixels. Make the image smaller.",
        ],
    )
    with tf.control_dependencies([small]):
        return tf.identity(contents)


def _kind(contents):
    """The place in `_STARTS`; behind it where nothing fits."""
    fits = [
        tf.strings.substr(contents, 0, len(start)) == start for start in _STARTS
    ]
    return tf.argmax(tf.cast(tf.stack([*fits, True]), tf.int32))


def _num_pixels(contents, kind):
    head = tf.strings.substr(contents, 0, _HEAD) + b"\x00" * _HEAD
    return tf.switch_case(
        tf.cast(kind, tf.int32),
        [
            lambda: _jpeg_pixels(contents),
            lambda: _number(head, 16, False) * _number(head, 20, False),
            # Rows from the top to the bottom have a height below 0.
            lambda: _number(head, 18) * tf.abs(_number(head, 22)),
            lambda: _gif_pixels(contents),
        ],
    )


def _jpeg_pixels(contents):
    shape = tf.io.extract_jpeg_shape(contents)
    return tf.reduce_prod(tf.cast(shape[:2], tf.int64))


def _number(head, position, little_endian=True):
    """Four bytes as an int64."""
    word = tf.strings.substr(head, position, 4)
    return tf.cast(
        tf.io.decode_raw(word, tf.int32, little_endian=little_endian)[0],
        tf.int64,
    )


def _gif_pixels(contents):
    """Walks from block to block, as the decoder does."""
    size = tf.strings.length(contents)
    # The zeros end what is cut off.
    data = tf.io.decode_raw(contents + b"\x00" * _HEAD, tf.uint8)

    def byte(position):
        return tf.cast(data[position], tf.int32)

    def next_block(position, pixels):
        kind = byte(position)
        start, area = tf.case(
            [
                (kind == _FRAME, lambda: _frame(byte, position)),
                (kind == _EXTENSION, lambda: (position + 2, _no_pixels())),
            ],
            default=lambda: (size, _no_pixels()),
        )
        return _after_pieces(byte, start, size), pixels + area

    first = 13 + _color_table_size(byte(10))
    return tf.while_loop(
        lambda position, _: position < size,
        next_block,
        [first, _no_pixels()],
    )[1]


def _no_pixels():
    return tf.constant(0, tf.int64)


def _frame(byte, position):
    """Where the pieces of a frame begin, and its area."""
    width, height = (
        tf.cast(byte(position + low) + 256 * byte(position + low + 1), tf.int64)
        for low in (5, 7)
    )
    table = _color_table_size(byte(position + 9))
    return position + 11 + table, width * height


def _color_table_size(flags):
    size = 3 * tf.bitwise.left_shift(2, flags & 7)
    return tf.where(flags >= 0x80, size, 0)


def _after_pieces(byte, position, size):
    """Behind the pieces of a block: each has its length, the last is 0."""
    end = tf.while_loop(
        lambda position: (position < size) & (byte(position) > 0),
        lambda position: [tf.minimum(position + 1 + byte(position), size)],
        [tf.minimum(position, size)],
    )[0]
    return end + 1
