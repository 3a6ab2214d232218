"""How an image is to be turned, as EXIF numbers it."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras.images.byte_numbers import bytes_of_digits
from dnc_keras.images.byte_numbers import combine
from dnc_keras.images.byte_numbers import numbers
from dnc_keras.images.metadata import may_have_metadata
from dnc_keras.images.metadata import read_metadata
from dnc_keras.images.rare_cases import rarely_called

_TAG = 0x0112
_SHORTS, _LONGS = (3, 8), (4, 9)  # Types, without and with a sign.
_ENTRY = 12  # Bytes of an entry.
# Begin and length: tag, type, number of values, value as SHORT and as LONG.
_FIELDS = ((0, 2), (2, 2), (4, 4), (8, 2), (8, 4))
# Only ASCII and `\C`, any byte: RE2 takes patterns for UTF-8.
_IN_XMP = r'^\C*?tiff:Orientation(?:="|>)([0-9])\C*$'
_UPRIGHT = 1
_MAX_TEXT = 2**16  # Packed bytes, of 64 MB at most; all EXIF that a JPEG has.


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
    exif = tf.where(metadata.exif == "", _from_text(metadata), metadata.exif)
    # WebP's and PNG's may begin as JPEG's do.
    exif = tf.strings.regex_replace(exif, r"^(?:Exif\x00\x00)+", "")
    # XMP counts beside EXIF that does not tell, not beside what is no EXIF.
    untold = tf.where(exif == "", tf.constant(-1, tf.int64), 0)
    told = tf.where(_is_tiff(exif), _first_directory(exif), untold)
    told = tf.where(told < 0, _in_xmp(metadata.xmp), told)
    is_known = (told >= 1) & (told <= 8)
    return tf.where(is_known, tf.cast(told, tf.int32), _UPRIGHT)


def _from_text(metadata):
    """EXIF of a text: three lines of a head, then hexadecimal digits."""
    packed = tf.strings.substr(metadata.packed_exif_text, 0, _MAX_TEXT)
    unpacked = tf.cond(
        packed == "",
        lambda: tf.constant(""),
        lambda: tf.io.decode_compressed(packed, "ZLIB"),
    )
    text = tf.strings.substr(metadata.exif_text + unpacked, 0, 2 * _MAX_TEXT)
    text = tf.strings.regex_replace(text, r"^(?:\C*?\n){3}|[\s\v]", "")
    return bytes_of_digits(text)


def _is_tiff(exif):
    start = tf.strings.substr(exif, 0, 4)
    return tf.reduce_any(start == tf.constant([b"II*\0", b"MM\0*"]))


def _first_directory(exif):
    """The value of the tag; -1 where there is none, 0 where it is no number."""
    is_little = tf.strings.substr(exif, 0, 1) == b"I"
    size = tf.cast(tf.strings.length(exif), tf.int64)
    (begin,) = numbers(exif, 0, [(4, 4)], is_little)
    begin = tf.minimum(begin, size)
    (num,) = numbers(exif, begin, [(0, 2)], is_little)
    entries = tf.strings.substr(exif, tf.minimum(begin + 2, size), _ENTRY * num)
    entries = tf.io.decode_raw(entries, tf.uint8)
    num = tf.size(entries) // _ENTRY
    entries = tf.reshape(entries[: num * _ENTRY], [num, _ENTRY])
    tags, types, counts, shorts, longs = tf.unstack(
        combine(entries, _FIELDS, is_little), axis=1
    )
    values = tf.where(_is_one_of(types, _SHORTS), shorts, 0)
    values = tf.where(_is_one_of(types, _LONGS), longs, values)
    values = tf.where(counts == 1, values, 0)
    # Of several the first one.
    is_tag = tf.concat([tags == _TAG, [True]], 0)
    return tf.gather(tf.concat([values, [-1]], 0), tf.argmax(is_tag))


def _is_one_of(values, numbers):
    return (values == numbers[0]) | (values == numbers[1])


def _in_xmp(xmp):
    found = tf.strings.regex_replace(xmp, _IN_XMP, r"\1")
    told = tf.strings.length(found) == 1
    return tf.strings.to_number(tf.where(told, found, "1"), tf.int64)
