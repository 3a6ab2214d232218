"""Arrays become data sets."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras.datasets import from_arrays

LABELS = ["oak", "elm", "ash", "fir"] * 2


def _images(channels=3):
    random = np.random.default_rng(0)
    return random.integers(0, 256, [8, 6, 5, channels], np.uint8)


def test_images_come_back_to_the_last_bit():
    images = _images()
    test = from_arrays(images, LABELS, test_classes=["ash", "oak"]).test
    assert test.class_names == ("ash", "oak")
    rows = [0, 2, 4, 6]
    assert list(test.paths) == [f"row {row}" for row in rows]
    for position, row in enumerate(rows):
        pixels = tf.io.decode_png(test.content(position))
        np.testing.assert_array_equal(pixels, images[row])


def test_gray_images_stay_gray():
    train = from_arrays(_images(1), LABELS, test_classes=["ash", "oak"]).train
    assert tf.io.decode_png(train.content(0)).shape == (6, 5, 1)


def test_vectors_are_not_copied():
    vectors = np.arange(32, dtype=np.float16).reshape(8, 4)
    train = from_arrays(vectors, np.repeat([10, 9, 3, 4], 2)).train
    assert train.feature_dim == 4
    assert np.shares_memory(train.contents.shards[0], vectors)


def test_numbers_are_drawn_and_named_as_classes():
    dataset = from_arrays(
        np.eye(8), np.repeat([10, 9, 3, 4], 2), test_classes=[9, 10]
    )
    assert dataset.test.class_names == ("9", "10")
    assert dataset.train.class_names == ("3", "4")


@pytest.mark.parametrize(
    ("examples", "error"),
    [
        (_images().astype(np.float32), "float32 of shape"),
        (_images()[..., 0], r"uint8 of shape \[8, 6, 5\]"),
        (_images(1).repeat(2, axis=3), r"shape \[8, 6, 5, 2\]"),
        (np.zeros(8), r"float64 of shape \[8\]"),
    ],
)
def test_other_arrays_are_refused(examples, error):
    with pytest.raises(ValueError, match=f"^Examples must be .*{error}"):
        from_arrays(examples, LABELS)


def test_labels_must_be_as_many():
    with pytest.raises(ValueError, match="8"):
        from_arrays(np.eye(8), LABELS[:6])
