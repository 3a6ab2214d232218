"""The kinds of files that images are encoded in, told by their content."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from dnc_keras.images.byte_numbers import first_bytes

JPEG, PNG, BMP, GIF, WEBP, UNKNOWN = range(6)
# In the order of the numbers; `.` is any byte.
_MARKS = (
    b"\xff\xd8\xff.........",
    b"\x89PNG\r\n\x1a\n....",
    b"BM..........",
    b"GIF8........",
    b"RIFF....WEBP",
)
_BYTES = np.array([list(mark) for mark in _MARKS], dtype=np.uint8)
_IS_ANY = _BYTES == ord(".")
READS_WEBP = hasattr(tf.io, "decode_webp")
NAMES = "JPEG, PNG, BMP, GIF" + ", WebP" * READS_WEBP


def kind_of(contents) -> tf.Tensor:
    """The kind of an encoded image, whatever its file is called.

    Args:
        contents: scalar string tensor.

    Returns:
        An int32 scalar tensor, `JPEG` to `WEBP`, or `UNKNOWN`.
    """
    head = first_bytes(contents, _BYTES.shape[1])
    fits = tf.reduce_all((_BYTES == head) | _IS_ANY, axis=1)
    return tf.argmax(tf.concat([fits, [True]], 0), output_type=tf.int32)


def by_kind(contents, branches: dict[int, Callable], default: Callable):
    """The result of the branch of an image's kind.

    Args:
        contents: scalar string tensor, the encoded image.
        branches: functions without arguments, by kind.
        default: the function of all other kinds.
    """
    place = np.full(UNKNOWN + 1, len(branches), dtype=np.int32)
    place[list(branches)] = range(len(branches))
    return tf.switch_case(
        tf.gather(place, kind_of(contents)), [*branches.values(), default]
    )
