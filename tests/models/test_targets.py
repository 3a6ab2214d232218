"""Tests of what a batch may consist of."""

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras.models.targets import check_learner
from dnc_keras.models.targets import unpack

IMAGES = tf.zeros([4, 2])
LABELS = tf.constant([0, 0, 1, 1])
LEARNER = tf.zeros([4], tf.int32)


@pytest.mark.parametrize(
    "data, message",
    [
        ((IMAGES, LABELS, tf.ones(4)), "cannot weigh single rows"),
        ((IMAGES,), "Received: no targets"),
        ((IMAGES, [LABELS, LABELS]), "Received: 2 targets"),
        ((IMAGES, tf.one_hot(LABELS, 2)), r"\(4, 2\).*tf.argmax"),
        (
            (IMAGES, {"label": tf.one_hot(LABELS, 2), "learner": LEARNER}),
            "argmax",
        ),
        ((IMAGES, {"label": LABELS}), "a dict of label. Add learner"),
        ((IMAGES, {"y": LABELS}), "a dict of y. Add label and learner"),
    ],
)
def test_other_data_get_a_line_of_advice(data, message):
    with pytest.raises(ValueError, match=message):
        unpack(data)


@pytest.mark.parametrize("shape", [[4], [4, 1]])
def test_labels_are_one_for_each_image(shape):
    _, labels, learner, index = unpack((IMAGES, tf.reshape(LABELS, shape)))
    assert labels.numpy().tolist() == [0, 0, 1, 1]
    assert learner.numpy().tolist() == [-1] * 4
    assert index is None


@pytest.mark.parametrize("learner", [4, -2, [0, 4], np.int64(2**32)])
@pytest.mark.parametrize("traced", [False, True])
def test_a_learner_that_there_is_not_is_refused(learner, traced):
    learner = tf.constant(learner)
    check = lambda x: check_learner(x, 4)  # noqa: E731
    check = tf.function(check) if traced else check
    errors = (ValueError, tf.errors.InvalidArgumentError)
    with pytest.raises(errors, match="learner must be 0 to 3, or -1"):
        check(learner)


@pytest.mark.parametrize("learner", [0, 3, -1, [3, -1], None])
def test_other_learners_stay_as_they_are(learner):
    received = check_learner(learner, 4)
    assert (
        received if learner is None else received.numpy().tolist()
    ) == learner


def test_learners_are_integers():
    with pytest.raises(ValueError, match="float32 numbers. Use integers"):
        check_learner(1.5, 4)
