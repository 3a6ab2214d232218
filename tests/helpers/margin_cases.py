"""The margin loss by plain loops."""

import numpy as np
import tensorflow as tf

import dnc_keras as dnc

SEED = tf.constant([5, 6])


def batch(dim=4, num_classes=4, samples=3, seed=0):
    """Labels, and rows of length 1 whose classes overlap."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(num_classes), samples)
    centres = random.normal(size=[num_classes, dim])
    rows = centres[labels] + random.normal(size=[len(labels), dim])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return labels, rows.astype(np.float32)


def plain_distances(rows):
    rows = np.asarray(rows, np.float64)
    return np.sqrt(((rows[:, None] - rows) ** 2).sum(axis=2) + 1e-8)


def plain_loss(labels, rows, negatives, beta=1.2, margin=0.2, nu=0.0):
    """The sum over pairs, one pair at a time; `beta` a number or by class."""
    distances = plain_distances(rows)
    total, num_pairs = nu * np.sum(np.abs(beta)), 0
    for i, label in enumerate(labels):
        boundary = beta if np.isscalar(beta) else beta[label]
        for j, other in enumerate(labels):
            if i != j and label == other:
                cost = distances[i, j] - boundary + margin
            elif negatives[i, j]:
                cost = boundary - distances[i, j] + margin
            else:
                continue
            total += max(cost, 0)
            num_pairs += cost > 0
    return total / max(num_pairs, 1)


def all_negatives(labels):
    return labels[:, None] != labels


def value_and_gradient(loss, labels, rows):
    rows = tf.convert_to_tensor(rows)
    with tf.GradientTape() as tape:
        tape.watch(rows)
        value = loss.call(tf.constant(labels), rows, seed=SEED)
    return value, tape.gradient(value, rows)


def model_with(loss):
    """A model of the embedding layer alone."""
    backbone = tf.keras.Sequential(
        [tf.keras.Input([2, 2, 1]), tf.keras.layers.Flatten()]
    )
    model = dnc.DivideAndConquer(backbone, 4, num_learners=1)
    model.compile(tf.keras.optimizers.SGD(0.1), loss)
    return model


IMAGES = np.random.default_rng(0).normal(size=[8, 2, 2, 1]).astype(np.float32)
LABELS = np.array([0, 0, 0, 0, 1, 1, 2, 2])
