"""Functions that would call Python, which no server has."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

_OPS = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}


def runs_python(function: Callable, *specs) -> bool:
    """Whether a function of tensors calls Python when its graph runs.

    Args:
        function: as for `tf.function`.
        *specs: `tf.TensorSpec`s of its arguments.
    """
    traced = tf.function(function).get_concrete_function(*specs)
    graph = traced.graph.as_graph_def()
    bodies = [graph.node, *(each.node_def for each in graph.library.function)]
    return any(node.op in _OPS for nodes in bodies for node in nodes)
