"""The multi-similarity loss."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.losses import pairs
from dnc_keras.losses.labels import class_labels
from dnc_keras.losses.metric_loss import MetricLoss
from dnc_keras.losses.pairs import pair_masks
from dnc_keras.support.checks import check_cosine
from dnc_keras.support.checks import check_not_negative
from dnc_keras.support.checks import check_positive


@keras.utils.register_keras_serializable("dnc_keras")
class MultiSimilarityLoss(MetricLoss):
    """Weighs each pair by how it compares with the other pairs of its row.

    With S the cosine of a pair, a row costs
    `log(1 + sum(exp(-alpha * (S - base)))) / alpha` over its positives and
    `log(1 + sum(exp(beta * (S - base)))) / beta` over its negatives. Only hard
    pairs count: negatives more similar than the row's least similar positive,
    minus `epsilon`, and positives less similar than its most similar negative,
    plus `epsilon`. The loss is the mean over all rows; one without hard pairs
    costs nothing. Use it with several images of each class in a batch, where
    proxies would be too many to keep.

    Reference: Wang et al., "Multi-Similarity Loss with General Pair Weighting
    for Deep Metric Learning", CVPR 2019, section 4.2
    (https://arxiv.org/abs/1904.06627).

    Args:
        alpha: scale of the positives; 2 as in the paper.
        beta: scale of the negatives; 50 as in the paper.
        base: cosine that separates positives from negatives, lambda in the
            paper; 0.5 as in the authors' code.
        epsilon: how much farther than the boundary a pair still is hard; 0.1
            as in the paper.

    Call arguments:
        labels: `[batch_size]` integer tensor, the class of each row.
        embeddings: `[batch_size, embedding_dim]` float tensor, of any length.
            Computed in float32.

    Returns:
        A float32 scalar, 0 where no row has positives and negatives.

    Example:

    >>> loss = MultiSimilarityLoss()
    >>> rows = tf.constant([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    >>> round(float(loss.call(tf.constant([0, 0, 1]), rows)), 4)
    0.5711
    """

    def __init__(
        self,
        alpha=2.0,
        beta=50.0,
        base=0.5,
        epsilon=0.1,
        name="multi_similarity_loss",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        check_positive("alpha", alpha)
        check_positive("beta", beta)
        check_cosine("base", base)
        check_not_negative("epsilon", epsilon)
        self.alpha = alpha
        self.beta = beta
        self.base = base
        self.epsilon = epsilon

    def call(self, labels, embeddings):
        unit = tf.math.l2_normalize(tf.cast(embeddings, tf.float32), axis=1)
        cosines = tf.matmul(unit, unit, transpose_b=True)
        masks = pair_masks(class_labels(labels))
        positives, negatives = self._hard_pairs(cosines, *masks)
        exponents = self.alpha * (self.base - cosines)
        pulls = pairs.log_sum_exp(exponents, positives, axis=1)
        exponents = self.beta * (cosines - self.base)
        pushes = pairs.log_sum_exp(exponents, negatives, axis=1)
        # softplus(x) = log(1 + exp(x))
        return tf.reduce_mean(
            tf.math.softplus(pulls) / self.alpha
            + tf.math.softplus(pushes) / self.beta
        )

    def _hard_pairs(self, cosines, positives, negatives):
        """The paper's equations 11 and 12."""
        dtype = cosines.dtype
        least = tf.where(positives, cosines, dtype.max)
        least = tf.reduce_min(least, axis=1, keepdims=True)
        most = tf.where(negatives, cosines, dtype.min)
        most = tf.reduce_max(most, axis=1, keepdims=True)
        return (
            positives & (cosines < most + self.epsilon),
            negatives & (cosines > least - self.epsilon),
        )

    def get_config(self):
        return {
            **super().get_config(),
            "alpha": self.alpha,
            "beta": self.beta,
            "base": self.base,
            "epsilon": self.epsilon,
        }
