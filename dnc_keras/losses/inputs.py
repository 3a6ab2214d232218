"""What a loss takes instead of embeddings, and how it gets it."""

from __future__ import annotations

import inspect

import tensorflow as tf

from dnc_keras.losses.distances import pairwise
from dnc_keras.losses.labels import class_labels


def embedding_loss(loss):
    """Makes a function of embeddings from any loss object.

    Losses that take similarities or distances of pairs get them: ours by their
    method `from_embeddings`, those of tensorflow-addons from here.

    Args:
        loss: an object with `call(labels, embeddings)`, and `seed` besides if
            it draws.

    Returns:
        A function of labels `[batch_size]`, embeddings `[batch_size,
        embedding_dim]` and `seed`, that returns a scalar or a vector.
    """
    call = getattr(loss, "from_embeddings", loss.call)
    prepare = _addons_inputs(loss) or (lambda labels, rows: (labels, rows))
    takes_seed = "seed" in inspect.signature(call).parameters

    def evaluate(labels, rows, seed):
        inputs = prepare(class_labels(labels), rows)
        return call(*inputs, seed=seed) if takes_seed else call(*inputs)

    return evaluate


def _addons_inputs(loss):
    """Of a class of tensorflow-addons that takes no embeddings, what it takes.

    By name: the package need not be installed.
    """
    for parent in type(loss).__mro__:
        if parent.__module__.startswith("tensorflow_addons."):
            return _ADDONS_INPUTS.get(parent.__name__)
    return None


def _similarities(labels, embeddings):
    return labels, tf.matmul(embeddings, embeddings, transpose_b=True)


def _indicators(labels, embeddings):
    # A column for each row of the batch, the class of that row, serves as
    # well as one for each class.
    same = tf.cast(labels[:, None] == labels[None, :], embeddings.dtype)
    return _similarities(same, embeddings)


def _pair_distances(labels, embeddings):
    order = tf.range(tf.shape(labels)[0])
    upper = tf.where(order[:, None] < order[None, :])
    distances = pairwise(embeddings, "L2")
    same = labels[:, None] == labels[None, :]
    # Not `tf.boolean_mask`, whose gradient is no tensor but IndexedSlices.
    return tf.gather_nd(same, upper), tf.gather_nd(distances, upper)


_ADDONS_INPUTS = {
    "NpairsLoss": _similarities,
    "NpairsMultilabelLoss": _indicators,
    "ContrastiveLoss": _pair_distances,
}
