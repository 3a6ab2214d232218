"""Memory that TensorFlow reads in place, and how much of it is taken."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras.arrays.stored_rows import StoredRows

ALIGNMENT = 64


def in_place(features):
    """As a tensor where that takes no copy; or an array, or `StoredRows`."""
    if tf.is_tensor(features) or isinstance(features, StoredRows):
        return features
    array = np.asarray(features)
    return as_tensor(array) if _can_be_read_in_place(array) else array


def as_tensor(array):
    """The array as a float32 tensor, in place or by a single copy."""
    # TensorFlow reads from multiples of 64 bytes only. tf.constant copies
    # twice, and holds up the other threads meanwhile.
    if not _can_be_read_in_place(array):
        return copied(array, aligned_empty(array.shape))
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())


def copied(array, buffer):
    np.copyto(buffer, array, casting="unsafe")
    return tf.experimental.dlpack.from_dlpack(buffer.__dlpack__())


def aligned_empty(shape) -> np.ndarray:
    """An empty float32 array that TensorFlow can read in place."""
    size = 4 * int(np.prod(shape))
    buffer = np.empty(size + ALIGNMENT, np.uint8)
    start = -buffer.ctypes.data % ALIGNMENT
    return buffer[start : start + size].view(np.float32).reshape(shape)


def _can_be_read_in_place(array):
    return (
        array.dtype == np.float32
        and array.size > 0
        and array.ctypes.data % ALIGNMENT == 0
        and array.flags.c_contiguous
        and array.flags.writeable
    )


def rows_within(num_bytes: int, num_columns: int) -> int:
    """Number of float32 rows that fit into `num_bytes`, at least 1."""
    return max(1, num_bytes // (4 * num_columns))
