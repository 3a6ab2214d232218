"""The first picture of a file that may hold several, as a file of its own.

So an animation costs no more than its first picture, which is all that is
used; and what lies around it, such as transparency, is not decoded.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from dnc_keras.images.byte_numbers import join_bytes
from dnc_keras.images.byte_numbers import numbers
from dnc_keras.images.parts import parts_of
from dnc_keras.images.rare_cases import rarely_called
from dnc_keras.images.requirement import require
from dnc_keras.images.walking import slice_of
from dnc_keras.images.walking import walk

_GIF_VERSIONS = [b"GIF87a", b"GIF89a"]
_FRAME, _EXTENSION = 0x2C, 0x21
# Width and height of the screen, and flags; left, top, width and height of a
# frame.
_SCREEN = [(6, 2), (8, 2), (10, 1)]
_PLACE = [(1, 2), (3, 2), (5, 2), (7, 2)]
_END_OF_GIF = b"\x3b"
_VP8_SIZE = 0x3FFF  # Of 16 bits, those of a height or width.


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
    width, height, flags = numbers(contents, 0, _SCREEN)
    tables = 13 + _color_table_size(flags)
    begin, end = _find_frame(contents, tables)
    place = numbers(contents, begin, _PLACE)
    fills = tf.reduce_all(tf.stack(place) == tf.stack([0, 0, width, height]))
    is_known = tf.reduce_any(slice_of(contents, 0, 6) == _GIF_VERSIONS)
    alone = (
        slice_of(contents, 0, tables)
        + slice_of(contents, begin, end - begin)
        + _END_OF_GIF
    )
    whole = _require_whole("GIF", (end > 0) & fills & is_known, contents)
    with tf.control_dependencies([whole]):
        return Picture(tf.identity(alone), width * height)


def _require_whole(kind, condition, contents):
    return require(
        condition,
        f"The first picture of a {kind} must be whole and fill it. Received:",
        tf.strings.length(contents),
        "bytes with another one. Save the image anew.",
    )


def _find_frame(contents, first):
    """Where the first frame begins and ends; the end is 0 if it does not."""
    nowhere = tf.constant(0, tf.int64)
    size = tf.cast(tf.strings.length(contents), tf.int64)

    def visit(position, state):
        begin, end, is_piece = state
        kind, flags = numbers(contents, position, [(0, 1), (9, 1)])
        ends_block = is_piece & (kind == 0)
        is_frame = ~is_piece & (kind == _FRAME)
        is_block = is_frame | (~is_piece & (kind == _EXTENSION))
        length = tf.where(is_frame, 11 + _color_table_size(flags), 2)
        length = tf.where(is_piece, 1 + kind, length)
        begin = tf.where(is_frame, position, begin)
        is_done = ends_block & (begin > 0)
        goes_on = (is_block | is_piece) & ~is_done
        following = tf.where(goes_on, position + length, size)
        end = tf.where(is_done, position + 1, end)
        return following, (begin, end, (is_block | is_piece) & ~ends_block)

    state = (nowhere, nowhere, tf.constant(False))
    return walk(size, first, visit, state)[:2]


def _color_table_size(flags):
    size = 3 * tf.bitwise.left_shift(tf.constant(2, tf.int64), flags & 7)
    return tf.where(flags >= 0x80, size, 0)


@rarely_called
def first_of_webp(contents) -> Picture:
    """The first frame of a WebP, without its alpha plane."""
    begin, length = _find_bitstream(contents)
    width, height = _size_of_webp(slice_of(contents, begin - 8, 18))
    size = 4 + 8 + length + length % 2
    digits = size // 256 ** tf.range(4, dtype=tf.int64) % 256
    alone = (
        b"RIFF"
        + join_bytes(digits)
        + b"WEBP"
        + slice_of(contents, begin - 8, 8 + length)
        + tf.where(length % 2 == 1, b"\0", b"")
    )
    is_extended = tf.strings.substr(contents, 12, 4) == b"VP8X"
    canvas = numbers(contents, 12, [(12, 3), (15, 3)])
    fills = (width == canvas[0] + 1) & (height == canvas[1] + 1)
    fills = (length > 0) & (fills | ~is_extended)
    whole = _require_whole("WebP", fills, contents)
    with tf.control_dependencies([whole]):
        return Picture(tf.identity(alone), width * height)


def _find_bitstream(contents):
    """Begin and length of the first "VP8 " or "VP8L"; 8 and 0 if none."""
    names, begins, lengths = parts_of(contents)
    kinds = tf.strings.substr(names, 0, 4)
    is_stream = (kinds == b"VP8 ") | (kinds == b"VP8L")
    first = tf.argmax(is_stream)
    begin, length = (tf.gather(each, first) for each in (begins, lengths))
    return tf.maximum(begin, 8), length


def _size_of_webp(stream):
    """Width and height, from the beginning of the chunk."""
    is_lossless = tf.strings.substr(stream, 0, 4) == b"VP8L"
    bits, *lossy = numbers(stream, 0, [(9, 4), (14, 2), (16, 2)])
    lossless = 1 + bits % 2**14, 1 + bits // 2**14 % 2**14
    return [
        tf.where(is_lossless, one, other & _VP8_SIZE)
        for one, other in zip(lossless, lossy)
    ]
