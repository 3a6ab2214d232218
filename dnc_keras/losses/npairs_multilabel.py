"""The N-pairs loss of images with several labels each."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.losses.npairs import NpairsLoss
from dnc_keras.losses.npairs import cross_entropy


@keras.utils.register_keras_serializable("dnc_keras")
class NpairsMultilabelLoss(NpairsLoss):
    """`NpairsLoss` of rows that belong to several classes.

    The number of classes that two rows share, divided by the sum of its row,
    is the probability that the similarities of the row should have. With one
    class a row it is `NpairsLoss`.

    Values and gradients are those of tensorflow-addons 0.23, whose loss takes
    similarities only.

    Args:
        name: that of the loss.
        inputs: as for `NpairsLoss`.
        reduction: as in every Keras loss; without effect on one number.

    Call arguments:
        labels: `[batch_size, num_classes]` tensor of 1 where a row is of a
            class and 0 elsewhere: dense, sparse, or ragged, whose rows are
            filled up with 0.
        inputs: as for `NpairsLoss`.

    Returns:
        A float32 scalar.

    Example:

    >>> loss = NpairsMultilabelLoss(inputs="embeddings")
    >>> labels = tf.constant([[1, 1], [0, 1]])
    >>> round(float(loss.call(labels, tf.zeros([2, 3]))), 4)
    0.6931
    """

    def __init__(
        self,
        name="npairs_multilabel_loss",
        inputs="auto",
        reduction="none",
        **kwargs,
    ):
        super().__init__(
            name=name, inputs=inputs, reduction=reduction, **kwargs
        )

    def _cost(self, labels, similarities):
        if isinstance(labels, tf.SparseTensor):
            labels = tf.sparse.to_dense(labels)
        if isinstance(labels, tf.RaggedTensor):
            labels = labels.to_tensor()
        labels = tf.cast(labels, tf.float32)
        if labels.shape.rank != 2:
            raise ValueError(
                "Labels must be [batch_size, num_classes], 1 for each class of "
                f"a row. Received: shape {labels.shape}. For one class a row "
                "use NpairsLoss."
            )
        return cross_entropy(
            tf.matmul(labels, labels, transpose_b=True), similarities
        )
