"""Distances between the rows of a batch.

There are two kinds. `pairwise_distances` keeps equal rows 1e-4 apart, as Wu et
al. 2017 have it, and so gives them a finite gradient. `pairwise` puts them at 0
and gives them none, as tensorflow-addons 0.23 does.
"""

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
    return tf.maximum(_squares(embeddings), 0.0) + DISTANCE_EPSILON


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


def check_distance_metric(metric):
    """Raises ValueError unless `pairwise` takes it."""
    if not callable(metric) and metric not in _METRICS:
        raise ValueError(
            f"distance_metric must be one of {', '.join(_METRICS)}, or a "
            "function from embeddings [b, d] to distances [b, b]. Received: "
            f"{metric!r}."
        )


def pairwise(embeddings, metric):
    """Distances between all rows of one batch, as in tensorflow-addons.

    Args:
        embeddings: `[batch_size, embedding_dim]` float32 tensor.
        metric: "L2", "squared-L2", "angular" (1 - cosine), or a function.

    Returns:
        `[batch_size, batch_size]` tensor. Equal rows have no gradient.
    """
    return _METRICS.get(metric, metric)(embeddings)


def used_units(embeddings):
    """Which units are not zero in the whole batch.

    In a batch of one learner the units of the others are.

    Args:
        embeddings: `[batch_size, embedding_dim]` float tensor.

    Returns:
        `[embedding_dim]` boolean tensor.
    """
    return tf.reduce_any(tf.not_equal(embeddings, 0.0), axis=0)


def _squares(embeddings):
    """Squared distances; rounding makes some of them less than 0."""
    squares = tf.reduce_sum(embeddings**2, axis=1)
    products = tf.matmul(embeddings, embeddings, transpose_b=True)
    return squares[:, None] - 2.0 * products + squares[None, :]


def _squared(embeddings):
    squared = _squares(embeddings)
    diagonal = tf.zeros_like(squared[:, 0])
    squared = tf.linalg.set_diag(squared, diagonal)
    return tf.where(squared > 0.0, squared, 0.0)


def _euclidean(embeddings):
    squared = _squared(embeddings)
    apart = squared > 0.0
    # Both are needed: the gradient of the root at 0 is not finite.
    return tf.where(apart, tf.sqrt(tf.where(apart, squared, 1.0)), 0.0)


def _angular(embeddings):
    unit = tf.math.l2_normalize(embeddings, axis=1)
    return tf.maximum(1.0 - tf.matmul(unit, unit, transpose_b=True), 0.0)


_METRICS = {"L2": _euclidean, "squared-L2": _squared, "angular": _angular}
