"""The kinds of files that images are encoded in, told by their content."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

JPEG, PNG, BMP, GIF, WEBP, UNKNOWN = range(6)
# Each with the position where its mark stands; in the order of the numbers.
_MARKS = (
    [(0, b"\xff\xd8\xff")],
    [(0, b"\x89PNG\r\n\x1a\n")],
    [(0, b"BM")],
    [(0, b"GIF8")],
    [(0, b"RIFF"), (8, b"WEBP")],
)
READS_WEBP = hasattr(tf.io, "decode_webp")
NAMES = "JPEG, PNG, BMP, GIF" + ", WebP" * READS_WEBP


def kind_of(contents) -> tf.Tensor:
    """The kind of an encoded image, whatever its file is called.

    Args:
        contents: scalar string tensor.

    Returns:
        An int32 scalar tensor, `JPEG` to `WEBP`, or `UNKNOWN`.
    """
    # Zeros, as `substr` wants the position to be within the text.
    head = tf.strings.substr(contents, 0, 12) + b"\0" * 12
    fits = [_has(head, marks) for marks in _MARKS]
    return tf.argmax(
        tf.cast(tf.stack([*fits, True]), tf.int32), output_type=tf.int32
    )


def by_kind(contents, branches: dict[int, Callable], default: Callable):
    """The result of the branch of an image's kind.

    Args:
        contents: scalar string tensor, the encoded image.
        branches: functions without arguments, by kind.
        default: the function of all other kinds.
    """
    kinds = range(UNKNOWN + 1)
    return tf.switch_case(
        kind_of(contents), [branches.get(kind, default) for kind in kinds]
    )


def _has(head, marks):
    found = [
        tf.strings.substr(head, position, len(mark)) == mark
        for position, mark in marks
    ]
    return tf.reduce_all(found)
