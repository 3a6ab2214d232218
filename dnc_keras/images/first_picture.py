"""The first picture of a file that may hold several, as a file of its own.

So an animation costs no more than its first picture, which is all that is
used; and what lies around it, such as transparency, is not decoded.
"""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from dnc_keras.images.byte_numbers import numbers
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
    whole = require_whole("GIF", (end > 0) & fills & is_known, contents)
    with tf.control_dependencies([whole]):
        return Picture(tf.identity(alone), width * height)


def require_whole(kind: str, condition, contents) -> tf.Operation:
    """Refuses a file unless its first picture is one that can be cut out."""
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
