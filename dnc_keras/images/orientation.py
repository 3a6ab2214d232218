"""Turns images that a camera stored lying on their side."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

# The tag 0x0112 of EXIF, a 16-bit number in either byte order. Only ASCII
# bytes and `\C`, any byte, are allowed here: RE2 takes patterns for UTF-8.
_TAG = (
    r"^\C*?Exif\x00\x00(?:"
    r"II\C*?\x12\x01\x03\x00\x01\x00\x00\x00(\C)\x00"
    r"|MM\C*?\x01\x12\x00\x03\x00\x00\x00\x01\x00(\C))\C*$"
)
_EXIF_WITHIN = 64  # Bytes: a file header and an optional JFIF segment.
_TAG_WITHIN = 4096

# By EXIF's number: whether rows and columns change places, and then whether
# the order of the rows and that of the columns is reversed.
_TURNS = np.array(
    [
        [False, False, False],  # 0 is no orientation.
        [False, False, False],
        [False, False, True],
        [False, True, True],
        [False, True, False],
        [True, False, False],
        [True, False, True],
        [True, True, True],
        [True, True, False],
    ]
)


def orient(image, contents, mirror=False) -> tf.Tensor:
    """Turns and mirrors a square as the EXIF data of its file say.

    A square cut from the middle, or a random one, may be turned after it was
    cut and resized: that is much less to turn than the whole image.

    Args:
        image: `[size, size, 3]` tensor.
        contents: scalar string tensor, the encoded image.
        mirror: boolean, scalar; whether to mirror left and right then.

    Returns:
        A tensor like `image`.
    """
    swap, rows, columns = tf.unstack(tf.gather(_TURNS, _orientation(contents)))
    upright = tf.transpose(image, tf.where(swap, [1, 0, 2], [0, 1, 2]))
    reverse = tf.stack([rows, columns ^ mirror, False])
    # Not `tf.reverse`, which takes numbers of axes, as many as are reversed.
    turned = tf.raw_ops.Reverse(tensor=upright, dims=reverse)
    return tf.ensure_shape(turned, image.shape)


def _orientation(contents):
    """1 to 8 as EXIF numbers them; 1, upright, where it is not told."""
    head = tf.strings.substr(contents, 0, _EXIF_WITHIN)
    has_exif = tf.strings.regex_full_match(head, r"\C*Exif\x00\x00\C*")
    return tf.cond(has_exif, lambda: _told_orientation(contents), lambda: 1)


def _told_orientation(contents):
    head = tf.strings.substr(contents, 0, _TAG_WITHIN)
    found = tf.strings.regex_replace(head, _TAG, r"\1\2")
    told = tf.strings.length(found) == 1
    number = tf.io.decode_raw(tf.where(told, found, "\x01"), tf.uint8)[0]
    return tf.where(number < len(_TURNS), tf.cast(number, tf.int32), 1)
