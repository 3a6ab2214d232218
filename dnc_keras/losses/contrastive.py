"""The contrastive loss."""

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
class ContrastiveLoss(MetricLoss):
    """Pulls positive pairs together and pushes negative ones a margin apart.

    A positive pair at distance D costs `D**2`, a negative one
    `max(0, margin - D)**2`. Use it on embeddings, for all pairs of a batch, or
    on the distances of pairs of your own, as in tensorflow-addons 0.23, whose
    values, gradients and arguments it has.

    Reference: Hadsell et al., "Dimensionality Reduction by Learning an
    Invariant Mapping", CVPR 2006, equation 4, without its factors of 1/2
    (http://yann.lecun.com/exdb/publis/pdf/hadsell-chopra-lecun-06.pdf).

    Args:
        margin: distance that negative pairs shall have; 1.0 as in
            tensorflow-addons.
        reduction: how Keras sums the costs of pairs up; the mean by default.

    Call arguments:
        labels: `[batch_size]` integer tensor: the class of each row, or 1 for
            a positive and 0 for a negative pair.
        inputs: `[batch_size, embedding_dim]` float tensor of embeddings, or
            `[batch_size]` or `[batch_size, 1]` of distances. Computed in
            float32.

    Returns:
        The mean over all pairs of embeddings, a float32 scalar, 0 for a single
        row; or the `[batch_size]` costs of distances.

    Example:

    >>> loss = ContrastiveLoss()
    >>> loss.call(tf.constant([1, 0]), tf.constant([0.5, 0.75])).numpy()
    array([0.25  , 0.0625], dtype=float32)
    >>> rows = tf.constant([[0.0, 0.0], [0.5, 0.0]])
    >>> float(loss.call(tf.constant([7, 7]), rows))
    0.25
    """

    def __init__(
        self,
        margin=1.0,
        reduction="sum_over_batch_size",
        name="contrastive_loss",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        check_not_negative("margin", margin)
        self.margin = margin

    def call(self, labels, inputs):
        inputs = tf.cast(inputs, tf.float32)
        if inputs.shape.rank == 2 and inputs.shape[1] != 1:
            return self.from_embeddings(labels, inputs)
        return self._costs(class_labels(labels), tf.reshape(inputs, [-1]))

    def from_embeddings(self, labels, embeddings):
        """The loss of embeddings, even where they have a single unit.

        Args:
            labels: `[batch_size]` integer tensor, the class of each row.
            embeddings: `[batch_size, embedding_dim]` float tensor.

        Returns:
            A float32 scalar, the mean over the pairs of two rows.
        """
        distances = pairwise(tf.cast(embeddings, tf.float32), "L2")
        positives, negatives = pair_masks(class_labels(labels))
        # Each pair is there twice, which does not change the mean.
        return pairs.mean(
            self._costs(positives, distances), positives | negatives
        )

    def _costs(self, same, distances):
        same = tf.cast(same, tf.float32)
        near = tf.maximum(self.margin - distances, 0.0)
        return same * distances**2 + (1.0 - same) * near**2

    def get_config(self):
        return {**super().get_config(), "margin": self.margin}
