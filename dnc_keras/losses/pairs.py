"""Sums and extremes over pairs of a batch, `[batch_size, batch_size]`."""

from __future__ import annotations

import tensorflow as tf


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
