"""Chooses pairs of a batch by weight."""

from __future__ import annotations

import tensorflow as tf


def choose_largest(keys, counts):
    """Marks the `counts[i]` largest finite keys of row i.

    Keys that tie with the last chosen one are chosen too.

    Args:
        keys: `[rows, columns]` float tensor; `-inf` is never chosen.
        counts: `[rows]` integer tensor, each below `columns`.

    Returns:
        `[rows, columns]` boolean tensor.
    """
    most = tf.shape(keys)[1] if is_compiled() else tf.reduce_max(counts)
    ordered = tf.math.top_k(keys, tf.maximum(most, 1)).values
    last = tf.maximum(counts - 1, 0)
    threshold = tf.gather(ordered, last, axis=1, batch_dims=1)[:, None]
    enough = (counts > 0)[:, None]
    return (keys >= threshold) & (keys > keys.dtype.min) & enough


def is_compiled():
    """Whether XLA compiles what is traced now; then shapes must be static."""
    # As Keras does it: there is no public function.
    graph = tf.compat.v1.get_default_graph()
    while graph is not None:
        context = graph._get_control_flow_context()
        while context is not None:
            if context.IsXLAContext():
                return True
            context = context.outer_context
        graph = getattr(graph, "outer_graph", None)
    return False


def gumbel_noise(shape, seed):
    """Noise that turns the largest log weights into a weighted draw.

    The `m` largest of `log(w) + noise` are `m` draws without replacement with
    probabilities proportional to `w` (Kool et al. 2019, section 3).
    """
    uniform = tf.random.stateless_uniform(shape, seed, minval=1e-20)
    return -tf.math.log(-tf.math.log(uniform))
