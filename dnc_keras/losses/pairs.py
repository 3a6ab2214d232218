"""Values of all pairs of a batch, `[batch_size, batch_size]`, and their sums.

The distances are defined as in tensorflow-addons 0.23: equal rows are at 0 and
have no gradient, where `ops.pairwise_distances` keeps them 1e-4 apart.
"""

from __future__ import annotations

import tensorflow as tf


def check_distance_metric(metric):
    """Raises ValueError unless `pairwise` takes it."""
    if not callable(metric) and metric not in _DISTANCES:
        raise ValueError(
            f"distance_metric must be one of {', '.join(_DISTANCES)}, or a "
            "function from embeddings [b, d] to distances [b, b]. Received: "
            f"{metric!r}."
        )


def pairwise(embeddings, metric):
    """Distances between all rows of one batch.

    Args:
        embeddings: `[batch_size, embedding_dim]` float32 tensor.
        metric: "L2", "squared-L2", "angular" (1 - cosine), or a function.

    Returns:
        `[batch_size, batch_size]` tensor. Equal rows have no gradient.
    """
    return _DISTANCES.get(metric, metric)(embeddings)


def _squared(embeddings):
    squares = tf.reduce_sum(embeddings**2, axis=1)
    products = tf.matmul(embeddings, embeddings, transpose_b=True)
    squared = squares[:, None] + squares[None, :] - 2.0 * products
    squared = tf.linalg.set_diag(squared, tf.zeros_like(squares))
    return tf.where(squared > 0.0, squared, 0.0)


def _euclidean(embeddings):
    squared = _squared(embeddings)
    apart = squared > 0.0
    # Both are needed: the gradient of the root at 0 is not finite.
    return tf.where(apart, tf.sqrt(tf.where(apart, squared, 1.0)), 0.0)


def _angular(embeddings):
    unit = tf.math.l2_normalize(embeddings, axis=1)
    return tf.maximum(1.0 - tf.matmul(unit, unit, transpose_b=True), 0.0)


_DISTANCES = {"L2": _euclidean, "squared-L2": _squared, "angular": _angular}


def largest(values, mask):
    """The largest of `values` in each row where `mask` is, `[batch_size]`.

    In a row where it nowhere is, the smallest of all, as in tensorflow-addons.
    """
    chosen = tf.where(mask, values, values.dtype.min)
    return tf.where(
        tf.reduce_any(mask, axis=1),
        tf.reduce_max(chosen, axis=1),
        tf.reduce_min(values, axis=1),
    )


def smallest(values, mask):
    """The opposite of `largest`."""
    return -largest(-values, mask)


@tf.custom_gradient
def smallest_above(values, mask):
    """For each value, the smallest one above it in its row where `mask` is.

    Takes memory for pairs, not for triplets: the masked values of a row are
    sorted, and the others searched there. Equal values share the gradient, as
    they do in `tf.reduce_min`.

    Args:
        values: `[rows, columns]` float tensor.
        mask: `[rows, columns]` boolean tensor.

    Returns:
        `[rows, columns]` tensor, `inf` where there is none above.
    """
    infinity = tf.constant(float("inf"), values.dtype)
    ordered = tf.sort(tf.where(mask, values, infinity), axis=1)
    place = tf.searchsorted(ordered, values, side="right")

    def gradient(upstream):
        # A value's own place is the first one of those that equal it.
        own_place = tf.searchsorted(ordered, values, side="left")
        ones = tf.cast(mask, upstream.dtype)
        sums = _sum_by_place(upstream, place)
        shares = sums / tf.maximum(_sum_by_place(ones, own_place), 1.0)
        return ones * tf.gather(shares, own_place, batch_dims=1), None

    # The place behind the last one means that there is none.
    padded = tf.pad(ordered, [[0, 0], [0, 1]], constant_values=infinity)
    return tf.gather(padded, place, batch_dims=1), gradient


def _sum_by_place(values, places):
    """Sums the values of a row that have the same place, 0 to `columns`."""
    rows, columns = tf.shape(values)[0], tf.shape(values)[1]
    first = tf.range(rows)[:, None] * (columns + 1)
    sums = tf.math.unsorted_segment_sum(
        values, places + first, rows * (columns + 1)
    )
    return tf.reshape(sums, [rows, columns + 1])


def mean(values, mask):
    """The mean of `values` where `mask` is; 0 where it nowhere is."""
    total = tf.reduce_sum(tf.where(mask, values, 0.0))
    count = tf.math.count_nonzero(mask, dtype=values.dtype)
    return total / tf.maximum(count, 1.0)


def log_sum_exp(exponents, mask, axis):
    """`log(sum(exp(exponents)))` where `mask` is.

    Where it nowhere is, a number so low that nothing else counts in its sums,
    but finite, so that its gradient is 0 and not NaN.
    """
    exponents = tf.where(mask, exponents, exponents.dtype.min / 2)
    return tf.reduce_logsumexp(exponents, axis=axis)


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
