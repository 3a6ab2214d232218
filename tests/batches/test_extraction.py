"""All rows come out, in their order, whatever holds the images."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras.batches.extraction import extract

# More than one batch of an array.
IMAGES = np.arange(300 * 2 * 2 * 1, dtype=np.float32).reshape(300, 2, 2, 1)
EXPECTED = IMAGES.mean(axis=(1, 2))


def _mean(images):
    return tf.reduce_mean(images, axis=[1, 2])


@pytest.mark.parametrize(
    "images",
    [
        IMAGES,
        tf.data.Dataset.from_tensor_slices(IMAGES).batch(7),
        tf.data.Dataset.from_tensor_slices((IMAGES, IMAGES)).batch(7),
    ],
    ids=["array", "batches", "tuples of batches"],
)
def test_every_image_has_its_row(images):
    np.testing.assert_allclose(extract(_mean, images), EXPECTED)


def test_rows_are_float32():
    doubles = extract(lambda x: tf.cast(_mean(x), tf.float64), IMAGES)
    assert doubles.dtype == np.float32


@pytest.mark.parametrize("batch_size", [7, 100, 150, 300])
def test_replicas_share_the_batches(two_replicas, batch_size):
    images = tf.data.Dataset.from_tensor_slices(IMAGES).batch(batch_size)
    with two_replicas.scope():
        rows = extract(tf.function(_mean), images)
    np.testing.assert_allclose(rows, EXPECTED)
