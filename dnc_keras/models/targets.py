"""What a batch of training data consists of."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.batches.sampler import WHOLE


def unpack(data):
    images, target, weight = keras.utils.unpack_x_y_sample_weight(data)
    if weight is not None or target is None:
        raise ValueError(
            "Data must be (images, labels) or (images, {'label', 'learner'}), "
            "without sample weights. Received: "
            f"{'no labels' if target is None else 'sample weights'}."
        )
    if isinstance(target, dict):
        indices = target.get("index")
        return images, target["label"], target["learner"], indices
    labels = tf.reshape(target, [-1])
    return images, labels, tf.fill(tf.shape(labels), WHOLE), None


def is_divided(learner):
    """1.0 where a batch trains a learner, 0.0 where the whole embedding."""
    return tf.cast(tf.reduce_max(learner) >= 0, tf.float32)
