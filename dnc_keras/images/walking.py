"""Walks through the parts of an image file, in the graph."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence

import tensorflow as tf

from dnc_keras.images.requirement import require

# A file of a few bytes each part would keep a server busy: the first frame of
# a GIF of 4 MB has 16,384 parts, and a walk through them takes about 0.5 s.
MAX_PARTS = 2**14


def walk(size, first, visit: Callable, state: Sequence) -> list[tf.Tensor]:
    """Visits one part after the other, up to `MAX_PARTS`.

    Args:
        size: integer scalar, of the file in bytes.
        first: position of the first part.
        visit: function from the position of a part and the state to the
            position of the next part, `size` or more for the end, and the new
            state.
        state: tensors, what the visits found.

    Returns:
        The state at the end.

    Raises:
        tf.errors.InvalidArgumentError: for a file of more parts.
    """
    size = tf.cast(size, tf.int64)

    def is_within(position, _num, *_state):
        return position < size

    def next_part(position, num, *state):
        following, state = visit(position, state)
        return [following, num + 1, *state]

    position, num, *found = tf.while_loop(
        is_within,
        next_part,
        [tf.cast(first, tf.int64), 0, *state],
        maximum_iterations=MAX_PARTS,
    )
    ended = require(
        position >= size,
        f"An image file must have at most {MAX_PARTS} parts. Received:",
        num,
        "and more. Save the image anew.",
    )
    with tf.control_dependencies([ended]):
        return [tf.identity(each) for each in found]


def slice_of(contents, begin, length) -> tf.Tensor:
    """A piece of a string tensor, as far as it is there."""
    begin = tf.cast(begin, tf.int64)
    size = tf.cast(tf.strings.length(contents), tf.int64)
    return tf.strings.substr(
        contents,
        tf.minimum(begin, size),
        tf.cast(tf.maximum(length, 0), tf.int64),
    )
