"""The first picture of a file that may hold several, as a file of its own.

So an animation costs no more than its first picture, which is all that is
used; and what lies around it, such as transparency, is not decoded.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from dnc_keras.images.byte_numbers import number
from dnc_keras.images.byte_numbers import to_bytes
from dnc_keras.images.rare_cases import rarely_called
from dnc_keras.images.requirement import require
from dnc_keras.images.walking import slice_of
from dnc_keras.images.walking import walk

_FRAME, _EXTENSION = 0x2C, 0x21
_END_OF_GIF = b"\x3b"
# TensorFlow has no operation from numbers to bytes.
_BYTES = np.array([bytes([value]) for value in range(256)], dtype=object)
_VP8_SIZE = 0x3FFF  # Of 16 bits, those of a height or width.
_ANIMATION_HEADER = 16  # Bytes before the chunks of a frame.


class Picture(NamedTuple):
    """Scalar tensors.

    Attributes:
        contents: string, a file of one picture.
        num_pixels: int64.
    """

    contents: tf.Tensor
    num_pixels: tf.Tensor


@rarely_called
def first_of_gif(contents) -> Picture:
    """The first frame of a GIF, without transparency."""
    data = to_bytes(contents)
    tables = 13 + _color_table_size(data[10])
    begin, end = _find_frame(data, tf.strings.length(contents), tables)
    screen = number(data, 6, 2), number(data, 8, 2)
    place = [number(data, begin + n, 2) for n in (1, 3, 5, 7)]
    fills = tf.reduce_all(tf.stack(place) == tf.stack([0, 0, *screen]))
    alone = (
        slice_of(contents, 0, tables)
        + slice_of(contents, begin, end - begin)
        + _END_OF_GIF
    )
    whole = _require_whole("GIF", (end > 0) & fills, contents)
    with tf.control_dependencies([whole]):
        return Picture(tf.identity(alone), screen[0] * screen[1])


def _require_whole(kind, condition, contents):
    return require(
        condition,
        f"The first picture of a {kind} must be whole and fill it. Received:",
        tf.strings.length(contents),
        "bytes with another one. Save the image anew.",
    )


def _find_frame(data, size, first):
    """Where the first frame begins and ends; the end is 0 if it does not."""

    nowhere = tf.constant(0, tf.int64)

    def visit(position, state):
        begin, end, is_piece = state
        kind = tf.cast(data[position], tf.int64)
        ends_block = is_piece & (kind == 0)
        is_frame = ~is_piece & (kind == _FRAME)
        is_block = is_frame | (~is_piece & (kind == _EXTENSION))
        table = _color_table_size(data[position + 9])
        length = tf.where(is_frame, 11 + table, tf.constant(2, tf.int64))
        length = tf.where(is_piece, 1 + kind, length)
        begin = tf.where(is_frame, position, begin)
        is_done = ends_block & (begin > 0)
        goes_on = (is_block | is_piece) & ~is_done
        following = tf.where(goes_on, position + length, nowhere)
        end = tf.where(is_done, position + 1, end)
        return following, (begin, end, (is_block | is_piece) & ~ends_block)

    return walk(size, first, visit, (nowhere, nowhere, tf.constant(False)))[:2]


def _color_table_size(flags):
    flags = tf.cast(flags, tf.int64)
    size = 3 * tf.bitwise.left_shift(tf.constant(2, tf.int64), flags & 7)
    return tf.where(flags >= 0x80, size, tf.zeros_like(size))


@rarely_called
def first_of_webp(contents) -> Picture:
    """The first frame of a WebP, without its alpha plane."""
    data = to_bytes(contents)
    begin, length, width, height = _find_bitstream(contents, data)
    stream = slice_of(contents, begin, 8 + length)
    size = 4 + 8 + length + length % 2
    digits = size // 256 ** tf.range(4, dtype=tf.int64) % 256
    alone = (
        b"RIFF"
        + tf.strings.reduce_join(tf.gather(_BYTES, digits))
        + b"WEBP"
        + stream
        + tf.where(length % 2 == 1, b"\0", b"")
    )
    is_extended = tf.strings.substr(contents, 12, 4) == b"VP8X"
    canvas = 1 + number(data, 24, 3), 1 + number(data, 27, 3)
    fills = ~is_extended | ((width == canvas[0]) & (height == canvas[1]))
    whole = _require_whole("WebP", (begin > 0) & fills, contents)
    with tf.control_dependencies([whole]):
        return Picture(tf.identity(alone), width * height)


def _find_bitstream(contents, data):
    """Begin, length, width and height of the first "VP8 " or "VP8L"."""

    nowhere = tf.constant(0, tf.int64)

    def visit(position, state):
        kind = slice_of(contents, position, 4)
        length = number(data, position + 4, 4)
        is_stream = (kind == b"VP8 ") | (kind == b"VP8L")
        following = position + 8 + length + length % 2
        # The chunks of a frame stand within its own.
        within = position + 8 + _ANIMATION_HEADER
        following = tf.where(kind == b"ANMF", within, following)
        found = tf.where(is_stream, [position, length], tf.stack(state))
        following = tf.where(is_stream, nowhere, following)
        return following, tuple(tf.unstack(found))

    size = tf.strings.length(contents)
    begin, length = walk(size, 12, visit, (nowhere, nowhere))
    is_lossless = slice_of(contents, begin, 4) == b"VP8L"
    at = tf.minimum(begin, tf.cast(size, tf.int64))
    bits = number(data, at + 9, 4)
    lossless = 1 + bits % 2**14, 1 + bits // 2**14 % 2**14
    lossy = [number(data, at + n, 2) & _VP8_SIZE for n in (14, 16)]
    width, height = (
        tf.where(is_lossless, one, other) for one, other in zip(lossless, lossy)
    )
    return begin, length, width, height
