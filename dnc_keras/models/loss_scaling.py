"""Gradients of float16 networks that are not rounded to 0."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras.models.replicas import gather_replicas


def loss_scale(optimizer):
    """What to multiply a loss by before its gradient is taken.

    1 unless the optimizer is a `LossScaleOptimizer`, whose factor changes with
    the steps. Whatever is added to the gradients is multiplied, too.

    Args:
        optimizer: a Keras optimizer.

    Returns:
        A scalar.
    """
    # The first is Keras 3, where all optimizers have it; the second Keras 2.
    scaled = getattr(optimizer, "scale_loss", None) or getattr(
        optimizer, "get_scaled_loss", None
    )
    return scaled(tf.constant(1.0)) if scaled else 1.0


def gradients_to_apply(optimizer, gradients):
    """What `optimizer.apply_gradients` takes, of gradients of a scaled loss.

    Args:
        optimizer: a Keras optimizer.
        gradients: a list of tensors or None.

    Returns:
        A list of tensors or None.
    """
    if hasattr(optimizer, "get_unscaled_gradients"):
        return optimizer.get_unscaled_gradients(gradients)
    # Keras 3 divides by itself.
    if hasattr(optimizer, "dynamic_scale"):
        return _broken_on_all_replicas(gradients)
    return gradients


def _broken_on_all_replicas(gradients):
    # Whether a step is left out, Keras 3 decides by the first replica.
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return gradients
    known = [g for g in gradients if g is not None]
    # 0, or NaN where any gradient is infinite or NaN.
    broken = tf.add_n([tf.reduce_sum(0.0 * g) for g in known])
    broken = tf.reduce_sum(gather_replicas(broken[None]))
    return [None if g is None else g + broken for g in gradients]
