"""What the replicas of a model tell each other in a step."""

from __future__ import annotations

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
    its own rows.

    Args:
        features: `[rows, feature_dim]` float tensor of one replica.
        rate: share of zeros, 0 to 1.
        seed: `[2]` integer tensor.

    Returns:
        A tensor like `features`; kept values are divided by `1 - rate`.
    """
    context = tf.distribute.get_replica_context()
    num_replicas = context.num_replicas_in_sync
    rows, columns = tf.shape(features)[0], tf.shape(features)[1]
    shape = tf.stack([num_replicas * rows, columns])
    noise = tf.random.stateless_uniform(shape, seed)
    replica = context.replica_id_in_sync_group
    kept = noise[replica * rows : (replica + 1) * rows] >= rate
    return tf.where(kept, features / (1.0 - rate), tf.zeros_like(features))
