"""Numbers that stand in the bytes of a file, in the graph."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

# TensorFlow has no operation from numbers to bytes.
_BYTES = np.array([bytes([value]) for value in range(256)], dtype=object)
# Of digits and letters, small or not; all other bytes are 0.
_VALUES = np.zeros(256, dtype=np.int64)
for _value, _digit in enumerate(b"0123456789abcdef"):
    _VALUES[[_digit, ord(chr(_digit).upper())]] = _value


def numbers(contents, position, fields, little_endian=True) -> list[tf.Tensor]:
    """Numbers without a sign, read with few operations.

    Args:
        contents: scalar string tensor.
        position: integer scalar, from where the fields are counted, up to the
            end of `contents`; behind that all bytes are 0.
        fields: of each number where it begins and its length, both in bytes.
        little_endian: boolean, may be a tensor.

    Returns:
        A list of int64 scalar tensors, one of each field.
    """
    size = max(begin + length for begin, length in fields)
    digits = first_bytes(tf.strings.substr(contents, position, size), size)
    return tf.unstack(combine(digits[None], fields, little_endian)[0])


def first_bytes(contents, num_bytes: int) -> tf.Tensor:
    """`[num_bytes]` uint8, with zeros behind the end."""
    return tf.io.decode_raw(contents, tf.uint8, fixed_length=num_bytes)


def combine(digits, fields, little_endian=True) -> tf.Tensor:
    """The numbers in rows of bytes, `[rows, bytes]` to `[rows, fields]`."""
    lowest_first, highest_first = (
        _weights_of(fields, digits.shape[-1], order) for order in (1, -1)
    )
    if tf.is_tensor(little_endian):
        weights = tf.where(little_endian, lowest_first, highest_first)
    else:  # No operation of the graph.
        weights = lowest_first if little_endian else highest_first
    return tf.matmul(tf.cast(digits, tf.int64), weights)


def _weights_of(fields, num_bytes, order):
    """What each byte adds to each number: `[num_bytes, fields]` int64."""
    weights = np.zeros([num_bytes, len(fields)], dtype=np.int64)
    for column, (begin, length) in enumerate(fields):
        powers = 256 ** np.arange(length)[::order]
        weights[begin : begin + length, column] = powers
    return weights


def join_bytes(values) -> tf.Tensor:
    """`[n]` integers, 0 to 255, as a scalar string tensor."""
    return tf.strings.reduce_join(tf.gather(_BYTES, values))


def bytes_of_digits(text) -> tf.Tensor:
    """What hexadecimal digits stand for, two for each byte."""
    digits = tf.gather(
        _VALUES, tf.cast(tf.io.decode_raw(text, tf.uint8), tf.int32)
    )
    num_bytes = tf.size(digits) // 2
    pairs = tf.reshape(digits[: 2 * num_bytes], [num_bytes, 2])
    return join_bytes(tf.reduce_sum(pairs * [16, 1], axis=1))


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
