"""What an image file carries beside its pixels: EXIF and XMP."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from dnc_keras.images import kinds
from dnc_keras.images.byte_numbers import count_of
from dnc_keras.images.byte_numbers import numbers
from dnc_keras.images.parts import parts_of
from dnc_keras.images.walking import slice_of

_NEVER = b"this kind of file has no metadata"


# How the name of a part begins that holds EXIF, XMP, and EXIF as a text of a
# PNG, as ImageMagick writes it, plain and packed.
_SIGNS = dict.fromkeys(range(kinds.UNKNOWN + 1), (_NEVER,) * 4)
_SIGNS[kinds.JPEG] = (
    b"\xff\xe1Exif\0\0",
    b"\xff\xe1http://ns.adobe.com/xap/1.0/\0",
    *(_NEVER, _NEVER),
)
_SIGNS[kinds.PNG] = (
    b"eXIf",
    b"iTXtXML:com.adobe.xmp\0\0",  # The second 0: not compressed.
    b"tEXtRaw profile type exif\0",
    b"zTXtRaw profile type exif\0\0",
)
_SIGNS[kinds.WEBP] = (b"EXIF", b"XMP ", _NEVER, _NEVER)
# What stands somewhere in each file that has EXIF.
_WITHIN = dict.fromkeys(range(kinds.UNKNOWN + 1), _NEVER)
_WITHIN |= {kinds.JPEG: b"Exif\0\0", kinds.PNG: b"eXIf", kinds.WEBP: b"EXIF"}
_OTHERS = (b"tiff:Orientation", b"Raw profile type exif")
# Whether the last one counts of several, as Pillow has it.
_IS_LAST = np.zeros([kinds.UNKNOWN + 1, 4, 1], dtype=bool)
_IS_LAST[kinds.JPEG, 1] = True
_IS_LAST[kinds.PNG] = True
_VP8X = int.from_bytes(b"VP8X", "little")
_ANNOUNCED = np.array([[8], [4], [0], [0]], dtype=np.int64)
# How much of a content is the mark.
_SKIPPED = np.zeros([kinds.UNKNOWN + 1, 4, 1], dtype=np.int64)
_SKIPPED[kinds.JPEG, 0] = len(b"Exif\0\0")
_SKIPPED[kinds.PNG, 2] = len(b"Raw profile type exif\0")
_SKIPPED[kinds.PNG, 3] = len(b"Raw profile type exif\0\0")


class Metadata(NamedTuple):
    """Scalar string tensors of one file, "" where there is none.

    Attributes:
        exif: a TIFF file without pixels.
        xmp: XML.
        exif_text: EXIF in hexadecimal digits.
        packed_exif_text: the same, as zlib packs it.
    """

    exif: tf.Tensor
    xmp: tf.Tensor
    exif_text: tf.Tensor
    packed_exif_text: tf.Tensor


def read_metadata(contents) -> Metadata:
    """EXIF and XMP of an image, as Pillow finds them.

    Args:
        contents: scalar string tensor, the encoded image.

    Raises:
        tf.errors.InvalidArgumentError: for a file of too many parts.
    """
    kind = kinds.kind_of(contents)
    names, begins, lengths = parts_of(contents)
    marks = tf.gather(_as_tensor(_SIGNS), kind)[:, None]
    sizes = tf.strings.length(marks)
    is_so = tf.strings.substr(names, tf.zeros_like(sizes), sizes) == marks
    index = tf.range(tf.size(names), dtype=tf.int64)
    last = tf.reduce_max(index)
    is_last = tf.gather(_IS_LAST, kind)
    is_so &= _is_announced(contents, kind)
    order = tf.where(is_last, 1 + index, 1 + last - index)
    found = tf.argmax(tf.where(is_so, order, 0), axis=1)
    # EXIF of more than 64 kB goes on in the next segment of a JPEG.
    found = tf.minimum(found[:, None] + [0, 1], last)
    skipped = tf.gather(_SKIPPED, kind)
    lengths = tf.where(is_so, lengths - skipped, 0)
    return Metadata(
        *_joined(
            contents,
            tf.gather(begins, found) + skipped,
            tf.gather(lengths, found, batch_dims=1),
        )
    )


def _is_announced(contents, kind):
    """`[4, 1]` boolean: of a WebP only what its first part announces counts."""
    name, flags = numbers(contents, 0, [(12, 4), (20, 1)])
    flags = tf.where(name == _VP8X, flags, 0)
    is_announced = tf.bitwise.bitwise_and(flags, _ANNOUNCED) > 0
    return (kind != kinds.WEBP) | is_announced


def _joined(contents, begins, lengths):
    """The pieces of each row, `[rows, pieces]`, as one string."""
    # The file is copied for each, so only what holds them.
    head = slice_of(contents, 0, tf.reduce_max(begins + lengths))
    pieces = slice_of(tf.fill(tf.shape(begins), head), begins, lengths)
    return tf.unstack(tf.strings.reduce_join(pieces, axis=1), num=4)


def may_have_metadata(contents) -> tf.Tensor:
    """False where a file has certainly no EXIF and no XMP orientation."""
    sign = tf.gather(_as_tensor(_WITHIN), kinds.kind_of(contents))
    counts = [count_of(contents, each, 1) for each in (sign, *_OTHERS)]
    return tf.reduce_any(tf.stack(counts) > 0)


def _as_tensor(values):
    # Not by NumPy, which leaves out zeros at the end of bytes.
    return tf.constant([values[kind] for kind in range(kinds.UNKNOWN + 1)])
