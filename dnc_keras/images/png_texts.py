"""Texts of a PNG that tell a length of gigabytes, found before decoding.

libpng makes room for a text, or for a palette that is only suggested, before it
reads it: a file of 200 bytes cost 2 GB.
"""

from __future__ import annotations

import tensorflow as tf

from dnc_keras.images.byte_numbers import numbers
from dnc_keras.images.parts import parts_of
from dnc_keras.images.rare_cases import rarely_called
from dnc_keras.images.walking import slice_of

_PIXELS = b"IDAT"
_BEFORE = 8  # Bytes of a chunk before its content.
_CHECKSUM = 4
# A length of 16 MB or more, of which the first byte is not 0. RE2 takes
# patterns for UTF-8: only ASCII, which it always is, and `\C`, any byte.
_LONG = r"\C*[\x01-\x7f]\C\C\C(?:tEXt|zTXt|iTXt|sPLT)\C*"


@rarely_called
def tells_endless_text(contents) -> tf.Tensor:
    """Whether a part of a PNG ends behind its file, and may be a text.

    Args:
        contents: scalar string tensor, a PNG.

    Returns:
        A boolean scalar tensor.
    """
    # Nearly all of a file are pixels, which are not searched.
    around = _around_pixels(contents)
    return tf.cond(
        tf.strings.regex_full_match(around, _LONG),
        lambda: _ends_behind(contents),
        lambda: tf.constant(False),
    )


def _around_pixels(contents):
    pieces = tf.raw_ops.StringSplitV2(
        input=tf.expand_dims(contents, 0), sep=_PIXELS, maxsplit=-1
    ).values
    size = tf.cast(tf.strings.length(contents), tf.int64)
    last = size - tf.cast(tf.strings.length(pieces[-1]), tf.int64)
    begin = tf.maximum(last - _BEFORE, 0)
    (length,) = numbers(slice_of(contents, begin, 4), 0, [(0, 4)], False)
    end = last + length + _CHECKSUM
    return pieces[0] + slice_of(contents, end, size)


def _ends_behind(contents):
    _, begins, lengths = parts_of(contents)
    size = tf.cast(tf.strings.length(contents), tf.int64)
    return tf.reduce_any(begins + lengths > size)
