"""What an image must be, checked in the graph, and told in one line."""

from __future__ import annotations

import re

import tensorflow as tf

# What decoding raises for the content of an image; the second one for a text in
# it that is packed wrong.
REFUSALS = (tf.errors.InvalidArgumentError, tf.errors.DataLossError)
# What AutoGraph calls a function of the user's, and what it says before errors.
_GENERATED = re.compile(r"outer_factory.*?\.tf__")
_IN_USER_CODE = "in user code:"
_TRACEBACK = "Traceback (most recent call last)"
_ASSERTED = re.compile(r"assertion failed: \[(.+?)\] \[(.+?)\] \[(.+?)\]")


def require(condition, rule: str, received, remedy: str) -> tf.Operation:
    """An assertion that is part of a graph.

    Args:
        condition: boolean scalar tensor.
        rule: what must be, up to "Received:".
        received: scalar tensor.
        remedy: the rest of the message.

    Raises:
        tf.errors.InvalidArgumentError: unless the condition holds.
    """
    # Not `tf.debugging.Assert`, which adds two functions to the graph.
    return tf.raw_ops.Assert(condition=condition, data=[rule, received, remedy])


def one_line(error: Exception) -> str:
    """What an error tells, without what TensorFlow tells of itself."""
    told = getattr(error, "message", str(error)).partition(_TRACEBACK)[0]
    if told.startswith(_IN_USER_CODE):
        # The last line is "KIND: MESSAGE".
        last = told.strip().splitlines()[-1].partition(": ")[2]
        told = _GENERATED.sub("", last)
    message = " ".join(re.sub(r"\{\{.*?\}\}|\[Op:.*", "", told).split())
    found = _ASSERTED.search(message)
    return " ".join(found.groups()) if found else message
