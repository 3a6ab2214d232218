"""Numbers that stand in the bytes of a file, in the graph."""

from __future__ import annotations

import tensorflow as tf

# Zeros behind the end, so that a number may be read wherever a file ends.
_SPARE = 32


def to_bytes(contents) -> tf.Tensor:
    """The bytes of a scalar string tensor, and some zeros: `[n]` uint8."""
    return tf.io.decode_raw(contents + b"\0" * _SPARE, tf.uint8)


def number(data, position, num_bytes: int, little_endian=True) -> tf.Tensor:
    """One number without a sign.

    Args:
        data: uint8 tensor of `to_bytes`.
        position: integer scalar, where the number begins, up to the end of the
            file.
        num_bytes: its length, up to 4.
        little_endian: boolean, may be a tensor: whether the lowest byte comes
            first.

    Returns:
        An int64 scalar tensor.
    """
    return combine(data[position : position + num_bytes], little_endian)


def combine(digits, little_endian=True) -> tf.Tensor:
    """Makes one number of each row, `[..., num_bytes]` uint8 to int64."""
    weights = 256 ** tf.range(tf.shape(digits, tf.int64)[-1])
    weights = tf.where(little_endian, weights, weights[::-1])
    return tf.reduce_sum(tf.cast(digits, tf.int64) * weights, axis=-1)
