"""The triplet loss with semi-hard negatives."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.losses import pairs
from dnc_keras.losses.triplet import TripletLoss


@keras.utils.register_keras_serializable("dnc_keras")
class TripletSemiHardLoss(TripletLoss):
    """Triplet loss whose negative is the nearest one beyond the positive.

    Each positive pair, at distance D, is compared with the nearest negative of
    its anchor farther than D, at distance N, or with the farthest one where
    none is, and costs `max(0, D - N + margin)`. The loss is the mean over the
    positive pairs. Of the triplet losses it is the one that trains from
    anywhere: the hardest negatives make untrained networks collapse.

    Values, gradients and arguments are those of tensorflow-addons 0.23, in
    memory for pairs where that needs it for triplets; without a positive pair
    the loss is 0 where that gives NaN. In a batch of one class the smallest
    distance of a row, its own 0, stands for the negative.

    Reference: Schroff et al., "FaceNet: A Unified Embedding for Face
    Recognition and Clustering", CVPR 2015, section 3.2
    (https://arxiv.org/abs/1503.03832).

    Args:
        margin: by how much negative pairs shall be farther than positive ones.
            1.0 as in tensorflow-addons; the paper uses 0.2 with squared
            distances.
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

    >>> loss = TripletSemiHardLoss(margin=0.5)
    >>> rows = tf.constant([[0.0], [1.0], [1.25]])
    >>> float(loss.call(tf.constant([0, 0, 1]), rows))
    0.75
    """

    def __init__(
        self,
        margin=1.0,
        distance_metric="L2",
        name="triplet_semi_hard_loss",
        **kwargs,
    ):
        super().__init__(margin, distance_metric, name=name, **kwargs)

    def _cost(self, distances, positives, negatives):
        beyond = pairs.smallest_above(distances, negatives)
        farthest = pairs.largest(distances, negatives)[:, None]
        chosen = tf.where(tf.math.is_inf(beyond), farthest, beyond)
        costs = tf.maximum(distances - chosen + self.margin, 0.0)
        return pairs.mean(costs, positives)
