"""Tensor maths shared by the model and the losses."""

from __future__ import annotations

import tensorflow as tf

DISTANCE_EPSILON = 1e-8


def pairwise_squares(embeddings):
    """Squared Euclidean distances between all rows of one batch.

    Args:
        embeddings: `[batch_size, embedding_dim]` float tensor.

    Returns:
        `[batch_size, batch_size]` tensor, nowhere below 1e-8.
    """
    squares = tf.reduce_sum(embeddings**2, axis=1)
    products = tf.matmul(embeddings, embeddings, transpose_b=True)
    squared = squares[:, None] - 2.0 * products + squares[None, :]
    return tf.maximum(squared, 0.0) + DISTANCE_EPSILON


def pairwise_distances(embeddings):
    """Euclidean distances between all rows of one batch.

    `sqrt(d**2 + 1e-8)`, as Wu et al. 2017 have it, so that the gradient of two
    equal rows is finite.

    Args:
        embeddings: `[batch_size, embedding_dim]` float tensor.

    Returns:
        `[batch_size, batch_size]` tensor of distances.
    """
    return tf.sqrt(pairwise_squares(embeddings))


def distances_of_pairs(embeddings, pairs):
    """The distances of `pairwise_distances`, of some pairs.

    Args:
        embeddings: `[batch_size, embedding_dim]` float tensor.
        pairs: `[num_pairs, 2]` integer tensor of rows.

    Returns:
        `[num_pairs]` tensor of distances.
    """
    # Not `tf.gather`, whose gradient is no tensor but IndexedSlices.
    rows = tf.gather_nd(embeddings, pairs[:, :, None])
    squared = tf.reduce_sum((rows[:, 0] - rows[:, 1]) ** 2, axis=1)
    return tf.sqrt(squared + DISTANCE_EPSILON)


def pair_masks(labels):
    """Which pairs of a batch share a class.

    Args:
        labels: `[batch_size]` tensor, the class of each row.

    Returns:
        (positives, negatives): two `[batch_size, batch_size]` boolean tensors;
        a row is neither its own positive nor its own negative.
    """
    same = labels[:, None] == labels[None, :]
    itself = tf.eye(tf.shape(labels)[0], dtype=tf.bool)
    return same & ~itself, ~same


def used_units(embeddings):
    """Which units are not zero in the whole batch.

    In a batch of one learner the units of the others are.

    Args:
        embeddings: `[batch_size, embedding_dim]` float tensor.

    Returns:
        `[embedding_dim]` boolean tensor.
    """
    return tf.reduce_any(tf.not_equal(embeddings, 0.0), axis=0)


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


def group_overlap(masks, num_groups):
    """Mean cosine between the masks of different groups.

    The orthogonality penalty of the TPAMI 2021 paper's code, in `[0, 1]`.

    Args:
        masks: `[rows, units]` float tensor, not negative; those of the groups,
            then zeros.
        num_groups: scalar float tensor, the number of groups.

    Returns:
        A scalar; 0 with a single group.
    """
    unit = tf.math.l2_normalize(masks, axis=1)
    cosines = tf.matmul(unit, unit, transpose_b=True)
    others = tf.reduce_sum(cosines) - tf.linalg.trace(cosines)
    return others / tf.maximum(num_groups * (num_groups - 1.0), 1.0)
