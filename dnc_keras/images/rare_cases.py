"""Keeps what few images need out of the way of all others."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf


def rarely_called(function: Callable) -> Callable:
    """Makes a call of a function one operation of the graph.

    The branches of a condition that are not taken cost time for each of their
    operations, and to trace them takes seconds; so a function is traced once
    in a process, and its branch is a single call.

    Args:
        function: of a scalar string tensor, the encoded image.

    Returns:
        A function of the same argument, or of bytes.
    """
    return tf.function(
        function,
        input_signature=[tf.TensorSpec([], tf.string)],
        autograph=False,
        experimental_attributes={"_noinline": True},
    )
