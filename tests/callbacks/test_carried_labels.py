"""Images in any order are measured by their own labels, or refused."""

import copy

import numpy as np
import pytest
import tensorflow as tf
from helpers.feature_models import CLUSTERS
from helpers.feature_models import LABELS
from helpers.feature_models import recluster
from helpers.feature_models import same_partition
from helpers.feature_models import separable

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.callbacks import RetrievalEvaluation

# Rows that are found by their class alone if they have the right labels.
Y = np.repeat(np.arange(6), 4)
X = np.eye(6, dtype=np.float32)[Y] + 0.01 * np.arange(24)[:, None] / 24
PAIRS = tf.data.Dataset.from_tensor_slices((X, Y))
NAMES = np.array(list("abcdef"))[Y]
SHUFFLED = PAIRS.shuffle(24, seed=1).batch(5)


def recall(images, *labels):
    """R@1 of an evaluation after an epoch of a model that changes nothing."""
    same = keras.layers.Dense(6, kernel_initializer="identity", use_bias=False)
    model = keras.Sequential([keras.Input([6]), same])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    check = RetrievalEvaluation(images, *labels, ks=(1,))
    data = tf.data.Dataset.from_tensors((X, X))
    history = model.fit(
        data, shuffle=False, verbose=0, callbacks=[check]
    ).history
    return history["val_recall_at_1"][0]


def _with_names(images, label):
    return images, {"label": tf.gather(tf.constant(list("abcdef")), label)}


@pytest.mark.parametrize(
    "images, labels",
    [
        (X, [Y]),
        (X, [NAMES]),
        (PAIRS.batch(5), []),
        (SHUFFLED, []),
        (SHUFFLED, [Y]),
        (SHUFFLED, [NAMES]),
        (SHUFFLED.map(_with_names), [NAMES]),
        (SHUFFLED.map(lambda x, y: (x, y[:, None], y)), [Y.astype(np.uint8)]),
        (PAIRS.map(lambda x, y: x).batch(5), [Y]),
    ],
)
def test_each_row_has_its_own_label(images, labels):
    assert recall(images, *labels) == 1.0


def test_a_deep_copy_measures_the_same_images():
    check = RetrievalEvaluation(PAIRS.map(lambda x, y: (x, y)).batch(5))
    check.results = {"val_recall_at_1": 0.5}
    copied = copy.deepcopy(check)
    assert copied.images is check.images
    assert copied.results == {}


def test_labels_that_are_wrong_are_noticed_at_all():
    assert recall(X, np.tile(np.arange(6), 4)) < 0.5


@pytest.mark.parametrize(
    "images, labels, message",
    [
        (PAIRS.repeat().batch(5), [Y], "a dataset that ends"),
        (
            PAIRS.repeat().filter(lambda x, y: True).batch(5),
            [Y],
            "more than 24 images",
        ),
        (PAIRS.batch(5), [Y[::-1] // 2], "must be those of the dataset"),
        (PAIRS.batch(5), [Y[:20]], "more than 20 images"),
        (X, [np.append(Y, 5)], "25 labels of 24 images"),
        (X, [], "An evaluation needs labels"),
        (SHUFFLED.map(lambda x, y: x), [Y], "differs from pass to pass"),
        (PAIRS.batch(5).map(lambda x, y: (x, tf.one_hot(y, 6))), [], "argmax"),
        ([X, X[:3]], [Y], r"equal lengths. Received: \[3, 24\]"),
        (iter(X), [Y], "must be arrays, tensors or a tf.data.Dataset"),
    ],
)
def test_what_cannot_be_measured_is_refused(images, labels, message):
    with pytest.raises((ValueError, TypeError), match=message):
        recall(images, *labels)


class Batches(keras.utils.Sequence):
    """What Keras calls Sequence, and Keras 3 PyDataset too."""

    def __len__(self):
        return 5

    def __getitem__(self, index):
        part = slice(5 * index, 5 * index + 5)
        return X[::-1][part], Y[::-1][part]


def test_a_sequence_of_batches_is_read_with_its_labels():
    assert recall(Batches(), Y) == 1.0


FEATURES = separable()


@pytest.mark.parametrize(
    "labels", [LABELS, 7 * LABELS + 3, np.array(list("zyxwvu"))[LABELS]]
)
def test_the_own_labels_of_training_images_are_those_of_the_sampler(labels):
    images = tf.data.Dataset.from_tensor_slices((FEATURES, labels)).batch(5)
    callback, sampler = recluster(images, dnc.ClusterSampler(LABELS, 3, 4, 2))
    callback.on_train_begin()
    assert same_partition(sampler.assignment, CLUSTERS)


@pytest.mark.parametrize(
    "labels", [LABELS[::-1], LABELS * 0, LABELS[:, None] // 2, LABELS % 4]
)
def test_training_images_in_another_order_are_refused(labels):
    images = tf.data.Dataset.from_tensor_slices((FEATURES, labels)).batch(5)
    callback, _ = recluster(images)
    with pytest.raises(ValueError, match="in another order. Use shuffle=False"):
        callback.on_train_begin()


def test_training_images_that_are_shuffled_are_refused():
    images = tf.data.Dataset.from_tensor_slices(FEATURES).shuffle(24).batch(5)
    callback, _ = recluster(images)
    with pytest.raises(ValueError, match="differs from pass to pass"):
        callback.on_train_begin()
