"""The lifted structured loss."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.losses import pairs
from dnc_keras.losses.distances import pairwise
from dnc_keras.losses.labels import class_labels
from dnc_keras.losses.metric_loss import MetricLoss
from dnc_keras.losses.pairs import pair_masks
from dnc_keras.support.checks import check_not_negative


@keras.utils.register_keras_serializable("dnc_keras")
class LiftedStructLoss(MetricLoss):
    """Lifts each positive pair over all negatives of both its rows.

    A positive pair (i, j) at distance D costs `max(0, J)**2 / 2`, where
    `J = D + log(sum(exp(margin - N)))` over the distances N of all negative
    pairs of i and of j. The loss is the mean over the positive pairs. Use it
    where batches hold few images of a class: every negative counts.

    Values, gradients and arguments are those of tensorflow-addons 0.23, in
    memory for pairs where that needs it for triplets; without a positive or
    without a negative pair the loss is 0 where that gives NaN.

    Reference: Oh Song et al., "Deep Metric Learning via Lifted Structured
    Feature Embedding", CVPR 2016, equation 4
    (https://arxiv.org/abs/1511.06452).

    Args:
        margin: distance that negatives shall have; 1.0 as in
            tensorflow-addons and the paper.

    Call arguments:
        labels: `[batch_size]` integer tensor, the class of each row.
        embeddings: `[batch_size, embedding_dim]` float tensor; the paper does
            not scale rows to length 1. Computed in float32.

    Returns:
        A float32 scalar.

    Example:

    >>> rows = tf.constant([[0.0], [0.0], [1.0]])
    >>> loss = LiftedStructLoss()
    >>> round(float(loss.call(tf.constant([0, 0, 1]), rows)), 4)  # log(2)**2/2
    0.2402
    """

    def __init__(self, margin=1.0, name="lifted_struct_loss", **kwargs):
        super().__init__(name=name, **kwargs)
        check_not_negative("margin", margin)
        self.margin = margin

    def call(self, labels, embeddings):
        distances = pairwise(tf.cast(embeddings, tf.float32), "L2")
        positives, negatives = pair_masks(class_labels(labels))
        lifts = pairs.log_sum_exp(self.margin - distances, negatives, axis=1)
        # log(exp(a) + exp(b)) of the lifts of both rows
        both = lifts[:, None] + tf.math.softplus(lifts - lifts[:, None])
        costs = tf.maximum(distances + both, 0.0) ** 2
        return pairs.mean(costs, positives) / 2.0

    def get_config(self):
        return {**super().get_config(), "margin": self.margin}
