"""All rows come out, in their order, whatever holds the images."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras.batches.extraction import extract
from dnc_keras.datasets import VectorRows

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


@pytest.mark.parametrize("num_images", [None, 300, 1000])
def test_rows_are_written_once_where_their_number_is_known(num_images):
    images = tf.data.Dataset.from_tensor_slices(IMAGES).batch(70)
    rows = extract(_mean, images, num_images)
    np.testing.assert_allclose(rows, EXPECTED)
    assert rows.ctypes.data % 64 == 0 and rows.flags.c_contiguous


def test_stored_rows_are_a_pass_over_vectors():
    stored = VectorRows.of(IMAGES.reshape(300, 4).astype(np.float16))[::-1]
    doubled = extract(lambda rows: 2 * rows, stored)
    np.testing.assert_array_equal(doubled, 2 * IMAGES.reshape(300, 4)[::-1])
