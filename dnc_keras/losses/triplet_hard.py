"""The triplet loss with the hardest pairs."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.losses import pairs
from dnc_keras.losses.triplet import TripletLoss


@keras.utils.register_keras_serializable("dnc_keras")
class TripletHardLoss(TripletLoss):
    """Triplet loss of each row's farthest positive and nearest negative.

    At distances D and N they cost `max(0, D - N + margin)`, or
    `log(1 + exp(D - N))` if `soft`. The loss is the mean over all rows. Use it
    with many classes and several images of each in a batch.

    Values, gradients and arguments are those of tensorflow-addons 0.23. As
    there, the smallest distance of a row, its own 0, stands for a missing
    positive, and the largest for a missing negative. The soft loss is finite
    where that overflows.

    Reference: Hermans et al., "In Defense of the Triplet Loss for Person
    Re-Identification", 2017, equation 5 (https://arxiv.org/abs/1703.07737).

    Args:
        margin: by how much negative pairs shall be farther than positive ones;
            1.0 as in tensorflow-addons.
        soft: whether the margin is soft: pairs that are right still cost a
            little. `margin` has no effect then.
        distance_metric: "L2", "squared-L2", "angular" (1 - cosine), or a
            function from embeddings to a `[batch_size, batch_size]` tensor;
            register it with Keras to save the loss.

    Call arguments:
        labels: `[batch_size]` integer tensor, the class of each row.
        embeddings: `[batch_size, embedding_dim]` float tensor, rows of length
            1. Computed in float32.

    Returns:
        A float32 scalar.

    Example:

    >>> loss = TripletHardLoss(margin=0.5)
    >>> rows = tf.constant([[0.0], [0.0], [0.25], [0.25]])
    >>> float(loss.call(tf.constant([0, 0, 1, 1]), rows))
    0.25
    """

    def __init__(
        self,
        margin=1.0,
        soft=False,
        distance_metric="L2",
        name="triplet_hard_loss",
        **kwargs,
    ):
        super().__init__(margin, distance_metric, name=name, **kwargs)
        self.soft = soft

    def _cost(self, distances, positives, negatives):
        gaps = pairs.largest(distances, positives)
        gaps -= pairs.smallest(distances, negatives)
        if self.soft:
            return tf.reduce_mean(tf.math.softplus(gaps))
        return tf.reduce_mean(tf.maximum(gaps + self.margin, 0.0))

    def get_config(self):
        return {**super().get_config(), "soft": self.soft}
