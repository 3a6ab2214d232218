"""What a batch of training data consists of."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.batches.sampler import WHOLE


def unpack(data):
    """The parts of a batch: inputs, labels, learner and indices.

    Args:
        data: what `fit` hands to a step.

    Returns:
        (images, labels, learner, indices): `[batch_size]` tensors but for the
        images; the learner is -1 where the whole embedding is trained, and
        indices are None where the target has none.

    Raises:
        ValueError: for any other target, and for sample or class weights.
    """
    images, target, weight = keras.utils.unpack_x_y_sample_weight(data)
    if weight is not None:
        raise ValueError(
            "A loss of pairs cannot weigh single rows. Received: sample "
            "weights (Keras makes them of class_weight). Leave them out: a "
            "ClusterSampler draws rare classes as often as others."
        )
    if not isinstance(target, Mapping):
        labels = _labels(target)
        return images, labels, tf.fill(tf.shape(labels), WHOLE), None
    missing = {"label", "learner"} - set(target)
    if missing:
        raise ValueError(
            "A target must be labels, or a dict of label and learner. "
            f"Received: a dict of {', '.join(map(str, target))}. Add "
            f"{' and '.join(sorted(missing))}, or give the labels alone."
        )
    labels, learner = (
        _labels(target["label"]),
        tf.reshape(target["learner"], [-1]),
    )
    return images, labels, learner, target.get("index")


def _labels(target):
    if target is None or isinstance(target, (list, tuple)):
        raise ValueError(
            "Data must be (images, labels) or (images, {'label', 'learner'}). "
            f"Received: {'no' if target is None else len(target)} targets. "
            "Give the class of each image."
        )
    shape = target.shape
    if shape.rank is not None and shape.rank > 1 and shape[1:] != [1]:
        raise ValueError(
            "Labels must be one for each image, [batch_size]. Received: shape "
            f"{shape}. Of one-hot labels use tf.argmax(labels, axis=1)."
        )
    return tf.reshape(target, [-1])


def check_learner(learner, num_learners):
    """Refuses learners that there are not, when it traces or when it runs.

    Args:
        learner: integer tensor, or None, which is returned.
        num_learners: the learners are 0 to `num_learners - 1`; -1 is all.

    Returns:
        The tensor.

    Raises:
        ValueError, tf.errors.InvalidArgumentError: for another learner.
    """
    if learner is None:
        return None
    rule = (
        f"learner must be 0 to {num_learners - 1}, or -1 for the whole "
        "embedding. Received: "
    )
    learner = tf.convert_to_tensor(learner)
    if not learner.dtype.is_integer:
        raise ValueError(f"{rule}{learner.dtype.name} numbers. Use integers.")
    known = tf.get_static_value(learner)
    if known is not None:
        wrong = known[(known < WHOLE) | (known >= num_learners)]
        if wrong.size:
            raise ValueError(f"{rule}{wrong.flat[0]}.")
        return learner
    first, end = (tf.constant(n, learner.dtype) for n in (WHOLE, num_learners))
    checks = [
        tf.debugging.assert_greater_equal(learner, first, rule),
        tf.debugging.assert_less(learner, end, rule),
    ]
    # Before anything is looked up by it; an eager check returns None.
    with tf.control_dependencies(filter(None, checks)):
        return tf.identity(learner)


def is_divided(learner):
    """1.0 where a batch trains a learner, 0.0 where the whole embedding."""
    return tf.cast(tf.reduce_max(learner) >= 0, tf.float32)
