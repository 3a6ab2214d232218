"""Which paths can be read as images, told before any is opened."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence

import tensorflow as tf

from dnc_keras.support.special_files import special_kind

# An uncompressed image of 2**26 pixels of four 16-bit channels.
MAX_BYTES = 2**29


def why_unfit(path) -> str:
    """Why a path cannot be read as an image; "" where nothing speaks against.

    Links are followed. A path that is replaced afterwards is not noticed.

    >>> why_unfit("/dev/null")
    'a device, not a file'
    """
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:  # ValueError: a 0 in the name.
        return getattr(error, "strerror", None) or str(error)
    if kind := special_kind(status):
        return f"{kind}, not a file"
    if status.st_size > MAX_BYTES:
        return f"{status.st_size} bytes, more than {MAX_BYTES}"
    return "" if os.access(path, os.R_OK) else os.strerror(errno.EACCES)


def as_tensor(paths: Sequence) -> tf.Tensor:
    """`[num_paths]` string tensor; names may hold bytes that are no UTF-8."""
    return tf.constant([os.fsencode(path) for path in paths], tf.string)
