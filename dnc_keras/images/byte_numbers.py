"""Numbers that stand in the bytes of a file, in the graph."""

from __future__ import annotations

import numpy as np
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
    digits = data[position : position + num_bytes]
    return combine(tf.ensure_shape(digits, [num_bytes]), little_endian)


def combine(digits, little_endian=True) -> tf.Tensor:
    """Makes one number of each row, `[..., num_bytes]` uint8 to int64."""
    weights = 256 ** np.arange(digits.shape[-1], dtype=np.int64)
    weights = _choose(little_endian, weights, weights[::-1])
    return tf.reduce_sum(tf.cast(digits, tf.int64) * weights, axis=-1)


def _choose(condition, value, other):
    """One of two arrays; an operation of the graph only for a tensor."""
    if tf.is_tensor(condition):
        return tf.where(condition, value, other)
    return value if condition else other


def count_of(contents, sign: bytes, at_most: int = -1) -> tf.Tensor:
    """How often some bytes stand in a scalar string tensor.

    Args:
        contents: scalar string tensor.
        sign: the bytes.
        at_most: where to stop counting; -1: at the end.

    Returns:
        An int64 scalar tensor.
    """
    # The quickest search for bytes, and without the many operations that
    # `tf.strings.split` adds for its ragged tensor.
    pieces = tf.raw_ops.StringSplitV2(
        input=tf.expand_dims(contents, 0), sep=sign, maxsplit=at_most
    )
    return tf.size(pieces.values, tf.int64) - 1
