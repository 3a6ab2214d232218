"""Distances between the rows of a batch."""

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


def used_units(embeddings):
    """Which units are not zero in the whole batch.

    In a batch of one learner the units of the others are.

    Args:
        embeddings: `[batch_size, embedding_dim]` float tensor.

    Returns:
        `[embedding_dim]` boolean tensor.
    """
    return tf.reduce_any(tf.not_equal(embeddings, 0.0), axis=0)
