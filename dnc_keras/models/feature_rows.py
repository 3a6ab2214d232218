"""From what a backbone returns to one row of features for each input."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

import tensorflow as tf

POOLINGS = ("mean", "max", "first")


def feature_rows(outputs, pooling, feature_key=None):
    """One row of features for each input of a batch.

    Args:
        outputs: what a backbone returned: `[batch_size, feature_dim]`;
            `[batch_size, tokens, feature_dim]`; `[batch_size, height, width,
            feature_dim]`, or more axes between; or a dict or list of such
            tensors.
        pooling: how what is between the first and the last axis becomes one:
            its "mean", without tokens that a Keras mask leaves out; the "max";
            the "first" token.
        feature_key: which of several outputs is meant, a key or a position.

    Returns:
        `[batch_size, feature_dim]` float32 tensor.

    Raises:
        ValueError: for outputs of another kind.
    """
    features = pick(outputs, feature_key)
    mask = getattr(features, "_keras_mask", None)
    features = tf.cast(features, tf.float32)
    rank = features.shape.rank
    if rank is None or rank < 2 or (pooling == "first" and rank > 3):
        raise ValueError(
            "A backbone must return [batch_size, feature_dim], or tokens or "
            f"feature maps to pool. Received: shape {features.shape} with "
            f"pooling={pooling!r}. End it with a layer that makes rows, such "
            "as GlobalAveragePooling2D."
        )
    if rank == 2:
        return features
    if pooling == "first":
        return features[:, 0]
    return _over(features, list(range(1, rank - 1)), pooling, mask)


def pick(outputs, feature_key):
    """The output that `feature_key` names.

    Args:
        outputs: a tensor or a shape, or a dict or list of them.
        feature_key: a key or a position; None where there is one output.
    """
    names = _names(outputs)
    if feature_key is None:
        if len(names) > 1:
            raise ValueError(
                "feature_key must name one of the backbone's outputs. "
                f"Received: None for the outputs {', '.join(map(repr, names))}."
            )
        return outputs[names[0]] if names else outputs
    if feature_key not in names:
        raise ValueError(
            "feature_key must name one of the backbone's outputs. Received: "
            f"{feature_key!r} for "
            f"{', '.join(map(repr, names)) or 'a single output'}."
        )
    return outputs[feature_key]


def _names(outputs):
    """The keys or positions of several outputs; [] for a single one."""
    if isinstance(outputs, Mapping):
        return list(outputs)
    if not isinstance(outputs, Sequence) or isinstance(outputs, tf.TensorShape):
        return []
    is_shape = all(size is None or isinstance(size, int) for size in outputs)
    return [] if is_shape else list(range(len(outputs)))


def _over(features, axes, pooling, mask):
    """The mean or the maximum over some axes."""
    if mask is None or len(axes) > 1:
        reduce = tf.reduce_max if pooling == "max" else tf.reduce_mean
        return reduce(features, axis=axes)
    mask = tf.cast(mask, tf.bool)[:, :, None]
    if pooling == "max":
        # Of no token at all, 0 and not the lowest number there is.
        lowest = tf.where(mask, features, features.dtype.min)
        any_token = tf.reduce_any(mask, axis=1)
        return tf.where(any_token, tf.reduce_max(lowest, axis=1), 0.0)
    total = tf.reduce_sum(tf.where(mask, features, 0.0), axis=1)
    count = tf.reduce_sum(tf.cast(mask, tf.float32), axis=1)
    return total / tf.maximum(count, 1.0)
