"""What the replicas of a model tell each other in a step."""

from __future__ import annotations

import math

import tensorflow as tf


def gather_replicas(tensor):
    """Rows of all replicas, in replica order, on each replica.

    Differentiable: the gradient of a row is summed over the replicas that
    used it. Outside a strategy the tensor comes back unchanged.

    Args:
        tensor: `[rows, ...]` tensor of one replica.

    Returns:
        `[num_replicas * rows, ...]` tensor.
    """
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync == 1:
        return tensor
    # An argument of a function is on no device, where several workers with
    # a replica each cannot gather it.
    gathered = context.all_gather(tf.identity(tensor), axis=0)
    # It forgets how long a row is.
    return tf.ensure_shape(gathered, [None, *tensor.shape[1:]])


def stateless_dropout(features, rate, seed):
    """Dropout whose zeros do not depend on the number of replicas.

    The zeros of the whole batch are drawn on each replica, which then uses
    those in its own rows. Drawn are the gaps between them, which are few.

    Args:
        features: `[rows, feature_dim]` float tensor of one replica.
        rate: share of zeros, 0 to below 1.
        seed: `[2]` integer tensor.

    Returns:
        A tensor like `features`; kept values are divided by `1 - rate`.
    """
    context = tf.distribute.get_replica_context()
    size = tf.size(features)
    zeros = _zeros_among(context.num_replicas_in_sync * size, rate, seed)
    zeros -= tf.cast(context.replica_id_in_sync_group * size, tf.int64)
    # All others go to one place more, which is cut off.
    end = tf.cast(size, tf.int64)
    zeros = tf.where((zeros >= 0) & (zeros < end), zeros, end)
    scale = tf.fill([size + 1], tf.cast(1.0 / (1.0 - rate), features.dtype))
    scale = tf.tensor_scatter_nd_update(
        scale, zeros[:, None], tf.zeros_like(zeros, scale.dtype)
    )
    return features * tf.reshape(scale[:-1], tf.shape(features))


def _zeros_among(size, rate, seed):
    """Positions of the zeros, and some behind the last of `size` values."""
    mean = tf.cast(size, tf.float32) * rate
    # Ten standard deviations more than needed on average.
    num_draws = tf.cast(mean + 10.0 * tf.sqrt(mean) + 10.0, tf.int32)
    noise = tf.random.stateless_uniform([num_draws], seed)
    # How many values are kept before a zero is distributed geometrically.
    gaps = tf.math.log1p(-noise) / math.log1p(-rate)
    return tf.cumsum(tf.cast(gaps, tf.int64) + 1) - 1
