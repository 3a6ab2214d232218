"""How an image is to be turned, as EXIF numbers it."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras.images.byte_numbers import combine
from dnc_keras.images.byte_numbers import number
from dnc_keras.images.byte_numbers import to_bytes
from dnc_keras.images.metadata import may_have_metadata
from dnc_keras.images.metadata import read_metadata
from dnc_keras.images.rare_cases import rarely_called

_TAG = 0x0112
_SHORT, _LONG, _SIGNED_SHORT, _SIGNED_LONG = 3, 4, 8, 9
_ENTRY = 12  # Bytes of an entry: tag, type, number of values, value.
# Only ASCII and `\C`, any byte: RE2 takes patterns for UTF-8.
_IN_XMP = r'^\C*?tiff:Orientation(?:="|>)([1-8])\C*$'
_UPRIGHT = 1


def orientation(contents) -> tf.Tensor:
    """The orientation of an encoded image, found as Pillow finds it.

    The tag 0x0112 of the first image file directory (EXIF 3.0, 4.6.5.1.6; TIFF
    6.0, section 2) counts; IFD1, the thumbnail's, does not. Without the tag
    `tiff:Orientation` of XMP counts.

    Args:
        contents: scalar string tensor.

    Returns:
        An int32 scalar tensor, 1 to 8; 1, upright, where it is not told.
    """
    return tf.cond(
        may_have_metadata(contents),
        lambda: _told_orientation(contents),
        lambda: tf.constant(_UPRIGHT),
    )


@rarely_called
def _told_orientation(contents):
    metadata = read_metadata(contents)
    # WebP's and PNG's may begin as JPEG's do.
    exif = tf.strings.regex_replace(metadata.exif, r"^(?:Exif\x00\x00)+", "")
    told = tf.where(
        _is_tiff(exif), _first_directory(exif), tf.constant(-1, tf.int64)
    )
    told = tf.where(told < 0, _in_xmp(metadata.xmp), told)
    is_known = (told >= 1) & (told <= 8)
    return tf.where(is_known, tf.cast(told, tf.int32), _UPRIGHT)


def _is_tiff(exif):
    start = tf.strings.substr(exif, 0, 4)
    return tf.reduce_any(start == tf.constant([b"II*\0", b"MM\0*"]))


def _first_directory(exif):
    """The value of the tag; -1 where there is none, 0 where it is no number."""
    little_endian = tf.strings.substr(exif, 0, 1) == b"I"
    data, size = to_bytes(exif), tf.cast(tf.strings.length(exif), tf.int64)
    begin = tf.minimum(number(data, 4, 4, little_endian), size)
    num_told = number(data, begin, 2, little_endian)
    num = tf.clip_by_value((size - begin - 2) // _ENTRY, 0, num_told)
    entries = tf.reshape(
        data[begin + 2 : begin + 2 + _ENTRY * num], [num, _ENTRY]
    )
    tags, types, counts, shorts, longs = (
        combine(entries[:, low:high], little_endian)
        for low, high in ((0, 2), (2, 4), (4, 8), (8, 10), (8, 12))
    )
    is_short = (types == _SHORT) | (types == _SIGNED_SHORT)
    is_long = (types == _LONG) | (types == _SIGNED_LONG)
    values = tf.where(
        is_short, shorts, tf.where(is_long, longs, tf.zeros_like(longs))
    )
    values = tf.where(counts == 1, values, tf.zeros_like(values))
    # Of several the first one.
    found = tf.concat([tf.boolean_mask(values, tags == _TAG), [-1]], 0)
    return found[0]


def _in_xmp(xmp):
    found = tf.strings.regex_replace(xmp, _IN_XMP, r"\1")
    told = tf.strings.length(found) == 1
    return tf.strings.to_number(tf.where(told, found, "1"), tf.int64)
