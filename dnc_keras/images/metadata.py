"""What an image file carries beside its pixels: EXIF and XMP."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from dnc_keras.images import kinds
from dnc_keras.images.byte_numbers import count_of
from dnc_keras.images.byte_numbers import number
from dnc_keras.images.byte_numbers import to_bytes
from dnc_keras.images.rare_cases import rarely_called
from dnc_keras.images.walking import slice_of
from dnc_keras.images.walking import walk

_IN_XMP = b"tiff:Orientation"
_XMP_OF_JPEG = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_OF_PNG = b"XML:com.adobe.xmp\0\0"  # The second 0: not compressed.
_MAX_EXIF = 2**17  # Bytes that are put together of several segments.
_APP1, _APP14 = 0xFFE1, 0xFFEE
_END_OF_IMAGE, _START_OF_SCAN = 0xFFD9, 0xFFDA
# What no length follows: TEM, RST0 to RST7 and SOI, and what fills.
_ALONE = (0xFF00, 0xFF01, *range(0xFFD0, 0xFFD9))
_FILL = 0xFFFF


class Metadata(NamedTuple):
    """Scalar tensors of one file, "" or False where there is none.

    Attributes:
        exif: string, a TIFF file without pixels.
        xmp: string, XML.
        has_adobe: boolean, whether a JPEG has Adobe's segment.
    """

    exif: tf.Tensor
    xmp: tf.Tensor
    has_adobe: tf.Tensor


def read_metadata(contents) -> Metadata:
    """EXIF and XMP of an image, as Pillow finds them.

    Args:
        contents: scalar string tensor, the encoded image.

    Raises:
        tf.errors.InvalidArgumentError: for a file of too many parts.
    """
    return kinds.by_kind(
        contents,
        {
            kinds.JPEG: lambda: read_jpeg(contents),
            kinds.PNG: lambda: _read_chunks(contents, 8, _visit_png),
            kinds.WEBP: lambda: _read_chunks(contents, 12, _visit_webp),
        },
        default=lambda: Metadata(*_nothing()),
    )


def may_have_metadata(contents) -> tf.Tensor:
    """False where a file has certainly no EXIF and no XMP orientation."""
    return tf.cond(
        tf.io.is_jpeg(contents),
        lambda: _has(contents, b"Exif\0\0") | _has(contents, _IN_XMP),
        lambda: _may_have_other(contents),
    )


@rarely_called
def _may_have_other(contents):
    found = [_has(contents, sign) for sign in (b"eXIf", b"EXIF", _IN_XMP)]
    return tf.reduce_any(found)


def _has(contents, sign):
    return count_of(contents, sign, at_most=1) > 0


def read_jpeg(contents) -> Metadata:
    """EXIF and XMP of a JPEG, and whether it has Adobe's segment."""
    return _read_chunks(contents, 2, _visit_jpeg)


def _nothing():
    return tf.constant(""), tf.constant(""), tf.constant(False)


def _read_chunks(contents, first, visit):
    data = to_bytes(contents)
    return Metadata(
        *walk(
            tf.strings.length(contents),
            first,
            lambda position, state: visit(contents, data, position, state),
            _nothing(),
        )
    )


def _visit_jpeg(contents, data, position, state):
    exif, xmp, has_adobe = state
    marker = number(data, position, 2, False)
    length = number(data, position + 2, 2, False)
    content = slice_of(contents, position + 4, length - 2)
    is_exif = (marker == _APP1) & _begins(content, b"Exif\0\0")
    is_short = tf.strings.length(exif) < _MAX_EXIF
    # EXIF of more than 64 kB goes on in the next segment of its kind.
    longer = exif + slice_of(content, 6, _MAX_EXIF)
    is_xmp = (marker == _APP1) & _begins(content, _XMP_OF_JPEG)
    return _after_marker(marker, position, length), (
        tf.where(is_exif & is_short, longer, exif),
        tf.where(is_xmp, content, xmp),
        has_adobe | ((marker == _APP14) & _begins(content, b"Adobe")),
    )


def _after_marker(marker, position, length):
    is_alone = tf.reduce_any(marker == tf.constant(_ALONE, tf.int64))
    is_last = (marker == _END_OF_IMAGE) | (marker == _START_OF_SCAN)
    following = tf.where(is_alone, position + 2, position + 2 + length)
    following = tf.where(marker == _FILL, position + 1, following)
    return tf.where(
        is_last | (marker < 0xFF00), tf.zeros_like(position), following
    )


def _visit_png(contents, data, position, state):
    exif, xmp, has_adobe = state
    length = number(data, position, 4, False)
    kind = slice_of(contents, position + 4, 4)
    content = slice_of(contents, position + 8, length)
    is_xmp = (kind == b"iTXt") & _begins(content, _XMP_OF_PNG)
    following = tf.where(
        kind == b"IEND", tf.zeros_like(position), position + 12 + length
    )
    return following, (
        tf.where(kind == b"eXIf", content, exif),
        tf.where(is_xmp, content, xmp),
        has_adobe,
    )


def _visit_webp(contents, data, position, state):
    exif, xmp, has_adobe = state
    kind = slice_of(contents, position, 4)
    length = number(data, position + 4, 4)
    content = slice_of(contents, position + 8, length)
    return position + 8 + length + length % 2, (
        tf.where((kind == b"EXIF") & (exif == ""), content, exif),
        tf.where((kind == b"XMP ") & (xmp == ""), content, xmp),
        has_adobe,
    )


def _begins(content, start):
    return tf.strings.substr(content, 0, len(start)) == start
