"""Runs a function over all images and keeps what comes out."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras.clustering.rows import aligned_empty

BATCH_SIZE = 128


def extract(function, images):
    """Applies a function to images in batches.

    Args:
        function: from `[batch_size, height, width, channels]` to
            `[batch_size, dim]`, such as a model or `model.features`.
        images: a `tf.data.Dataset` of batches of images, or of tuples that
            begin with them; or an array `[num_images, height, width,
            channels]`.

    Returns:
        `[num_images, dim]` float32 array, in the order of the images.
    """
    rows = [np.asarray(function(batch)) for batch in _batches(images)]
    shape = (sum(map(len, rows)), *rows[0].shape[1:])
    # K-means reads it in place, however large it is.
    return np.concatenate(rows, out=aligned_empty(shape), casting="unsafe")


def _batches(images):
    if not isinstance(images, tf.data.Dataset):
        for start in range(0, len(images), BATCH_SIZE):
            yield tf.convert_to_tensor(images[start : start + BATCH_SIZE])
        return
    for batch in images:
        yield batch[0] if isinstance(batch, tuple) else batch
