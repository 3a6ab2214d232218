"""The parts of an image file: segments of a JPEG, chunks of a PNG or WebP.

JPEG: ITU-T T.81, annex B. PNG: third edition, section 5.3. WebP: RFC 9649,
section 2. One walk serves all, with a table of what differs: each of its
operations costs time whenever a pass over images begins.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from dnc_keras.images import kinds
from dnc_keras.images.byte_numbers import first_bytes
from dnc_keras.images.byte_numbers import numbers
from dnc_keras.images.rare_cases import rarely_called
from dnc_keras.images.walking import slice_of
from dnc_keras.images.walking import walk

_HEADER = 8  # Bytes that hold type and length of each kind.
_MAX_MARK = 32  # Bytes of the content that become part of the name.
_BEYOND = 2**40  # Longer than any file.


class _Form(NamedTuple):
    """Where things stand in a part; all in bytes."""

    first: int = _BEYOND  # Position of the first part.
    name_at: int = 0
    name_size: int = 0
    content_at: int = 0
    counted: int = 0  # What the length counts beside the content.
    trailer: int = 0
    unit: int = 1  # Contents are filled up to a multiple of it.
    lowest: int = 0  # What begins with less is junk, which decoders skip.


_FORMS = [_Form()] * (kinds.UNKNOWN + 1)
_FORMS[kinds.JPEG] = _Form(2, 0, 2, 4, counted=2, lowest=0xFF)
_FORMS[kinds.PNG] = _Form(8, 4, 4, 8, trailer=4)
_FORMS[kinds.WEBP] = _Form(12, 0, 4, 8, unit=2)
# What the bytes of a header add to the length.
_WEIGHTS = np.zeros([kinds.UNKNOWN + 1, _HEADER], dtype=np.int64)
_WEIGHTS[kinds.JPEG, 2:4] = [256, 1]
_WEIGHTS[kinds.PNG, 0:4] = 256 ** np.arange(4)[::-1]
_WEIGHTS[kinds.WEBP, 4:8] = 256 ** np.arange(4)
# Parts that are followed by something else than their length says.
_STEPS = {
    # Start of scan and end of image; what fills; TEM, RST0 to RST7 and SOI.
    **{b"\xff\xda": _BEYOND, b"\xff\xd9": _BEYOND, b"\xff\xff": 1},
    **{bytes([0xFF, low]): 2 for low in (0, 1, *range(0xD0, 0xD9))},
    b"IEND": _BEYOND,
    b"ANMF": _HEADER + 16,  # The chunks of a frame stand within its own.
}


class Parts(NamedTuple):
    """The parts of one file, in their order, behind one without a name.

    Attributes:
        names: `[1 + num_parts]` string, the type and the first bytes behind it.
        begins: `[1 + num_parts]` int64, positions of the contents.
        lengths: `[1 + num_parts]` int64, of the contents.
    """

    names: tf.Tensor
    begins: tf.Tensor
    lengths: tf.Tensor


@rarely_called
def parts_of(contents) -> Parts:
    """Finds the parts before the pixels of a JPEG, and all of PNG and WebP.

    Args:
        contents: scalar string tensor, the encoded image.

    Raises:
        tf.errors.InvalidArgumentError: for a file of too many parts.
    """
    kind = kinds.kind_of(contents)
    form = _Form(*tf.unstack(tf.gather(np.array(_FORMS), kind)))
    weights = tf.gather(_WEIGHTS, kind)

    def visit(position, found):
        head = slice_of(contents, position, _HEADER + _MAX_MARK)
        header = tf.cast(first_bytes(head, _HEADER), tf.int64)
        head += b"\0" * _HEADER
        name = tf.strings.substr(head, form.name_at, form.name_size)
        mark = tf.strings.substr(head, form.content_at, _MAX_MARK)
        length = tf.reduce_sum(header * weights) - form.counted
        begin = position + form.content_at
        following = begin + length + form.trailer + length % form.unit
        is_part = header[0] >= form.lowest
        step = tf.where(is_part, _step(name), 1)
        following = tf.where(step > 0, position + step, following)
        return following, [
            _append(found[0], name + mark),
            _append(found[1], begin),
            _append(found[2], length),
        ]

    types = (tf.string, tf.int64, tf.int64)
    nameless = (b"", tf.constant(0, tf.int64), tf.constant(0, tf.int64))
    lists = [_append(_empty(t), each) for t, each in zip(types, nameless)]
    lists = walk(_size_of(contents, kind), form.first, visit, lists)
    return Parts(*(_stack(each, type_) for each, type_ in zip(lists, types)))


def _size_of(contents, kind):
    """Bytes; what stands behind the end that a WebP tells is none of it."""
    size = tf.cast(tf.strings.length(contents), tf.int64)
    (told,) = numbers(contents, 0, [(4, 4)])
    return tf.where(kind == kinds.WEBP, tf.minimum(size, 8 + told), size)


def _step(name):
    """How far away the next part is; 0 where the length says it."""
    is_name = tf.constant(list(_STEPS)) == name
    steps = tf.constant(list(_STEPS.values()), tf.int64)
    return tf.reduce_sum(tf.where(is_name, steps, 0))


# Not TensorArray, which knows its length before, or is copied when it grows.
def _empty(dtype):
    return tf.raw_ops.EmptyTensorList(
        element_shape=tf.constant([], tf.int32),
        max_num_elements=-1,
        element_dtype=dtype,
    )


def _append(values, value):
    return tf.raw_ops.TensorListPushBack(input_handle=values, tensor=value)


def _stack(values, dtype):
    return tf.raw_ops.TensorListStack(
        input_handle=values,
        element_shape=tf.constant([], tf.int32),
        element_dtype=dtype,
    )
