"""The N-pairs loss."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.losses.labels import class_labels
from dnc_keras.losses.metric_loss import MetricLoss
from dnc_keras.support.checks import check_choice

INPUTS = ("auto", "embeddings", "similarities")


@keras.utils.register_keras_serializable("dnc_keras")
class NpairsLoss(MetricLoss):
    """Classifies each row by its similarities to all rows of the batch.

    The cross-entropy of a row's similarities, as logits, with the share of its
    class in the batch, as probabilities; the mean over rows. With similarities
    to a second view of the batch, two images of each class, it is the N-pairs
    loss of the paper; with those of one batch a row counts itself in.

    Values and gradients are those of tensorflow-addons 0.23, whose loss takes
    similarities only.

    Reference: Sohn, "Improved Deep Metric Learning with Multi-class N-pair
    Loss Objective", NIPS 2016, equation 7.

    Args:
        name: that of the loss.
        inputs: what `call` gets. "auto", the default, takes a square matrix as
            similarities, as tensorflow-addons does, and any other as
            embeddings, whose products are the similarities. Choose
            "embeddings" or "similarities" where a batch has as many rows as
            the embedding has units. `DivideAndConquer` always means
            embeddings.

    Call arguments:
        labels: `[batch_size]` integer tensor, the class of each row.
        inputs: `[batch_size, embedding_dim]` float tensor of embeddings, or
            `[batch_size, batch_size]` of similarities. Computed in float32.

    Returns:
        A float32 scalar.

    Example:

    >>> loss = NpairsLoss()
    >>> round(float(loss.call(tf.constant([0, 1]), tf.zeros([2, 3]))), 4)
    0.6931
    """

    def __init__(
        self, name="npairs_loss", inputs="auto", reduction="none", **kwargs
    ):
        super().__init__(name=name, reduction=reduction, **kwargs)
        check_choice("inputs", inputs, INPUTS)
        self.inputs = inputs

    def call(self, labels, inputs):
        inputs = tf.cast(inputs, tf.float32)
        if self._are_similarities(inputs.shape):
            return self._cost(labels, inputs)
        return self.from_embeddings(labels, inputs)

    def _are_similarities(self, shape):
        if self.inputs != "auto":
            return self.inputs == "similarities"
        # Only embeddings have a width that does not depend on the batch.
        rows, columns = shape.as_list()
        return columns is None or rows == columns

    def from_embeddings(self, labels, embeddings):
        """The loss of embeddings, even where there are as many as units.

        Args:
            labels: as in a call.
            embeddings: `[batch_size, embedding_dim]` float tensor.

        Returns:
            A float32 scalar.
        """
        embeddings = tf.cast(embeddings, tf.float32)
        similarities = tf.matmul(embeddings, embeddings, transpose_b=True)
        return self._cost(labels, similarities)

    def _cost(self, labels, similarities):
        return cross_entropy(_indicators(labels), similarities)

    def get_config(self):
        return {**super().get_config(), "inputs": self.inputs}


def _indicators(labels):
    """`[batch_size, batch_size]`: whether two rows share their class."""
    labels = class_labels(labels)
    return tf.cast(labels[:, None] == labels[None, :], tf.float32)


def cross_entropy(shared, similarities):
    """The mean cross-entropy of similarities, as logits.

    Args:
        shared: `[batch_size, batch_size]` float32 tensor, the number of
            classes that two rows share; a row, divided by its sum, is what the
            similarities of that row should be.
        similarities: `[batch_size, batch_size]` float32 tensor.

    Returns:
        A float32 scalar.
    """
    shares = shared / tf.reduce_sum(shared, axis=1, keepdims=True)
    return tf.reduce_mean(
        tf.nn.softmax_cross_entropy_with_logits(shares, similarities)
    )
