"""Runs a function over all images and keeps what comes out."""

from __future__ import annotations

import itertools

import numpy as np
import tensorflow as tf

from dnc_keras.arrays.memory import aligned_empty
from dnc_keras.arrays.workers import workers_of

BATCH_SIZE = 128


def traced(model):
    """The function of a model in inference, as a graph of its own."""
    return tf.function(lambda images: model(images))


def extract(function, images):
    """Applies a function to images in batches.

    In the scope of a strategy its replicas share the batches. With several
    workers each gives its own images and gets the rows of all.

    Args:
        function: from `[batch_size, height, width, channels]` to
            `[batch_size, dim]`, such as a model or `model.features`.
        images: a `tf.data.Dataset` of batches of images, or of tuples that
            begin with them; or an array `[num_images, height, width,
            channels]`.

    Returns:
        `[num_images, dim]` float32 array, in the order of the images.
    """
    workers = workers_of(tf.distribute.get_strategy())
    return workers.gather(extract_own(function, images))


def extract_own(function, images):
    """As `extract`, but each worker gets the rows of its own images only."""
    strategy = tf.distribute.get_strategy()
    if strategy.num_replicas_in_sync == 1:
        results = map(function, _batches(images))
    else:
        results = _on_replicas(strategy, function, _batches(images))
    rows = [np.asarray(result) for result in results]
    shape = (sum(map(len, rows)), *rows[0].shape[1:])
    # K-means reads it in place, however large it is.
    return np.concatenate(rows, out=aligned_empty(shape), casting="unsafe")


def _on_replicas(strategy, function, batches):
    """Yields the results of batches, computed by replicas in turn."""
    num_replicas = len(strategy.extended.worker_devices)
    while group := list(itertools.islice(batches, num_replicas)):
        # The last ones have something to do, too, but nothing comes of it.
        filled = group + group[-1:] * (num_replicas - len(group))
        values = strategy.experimental_distribute_values_from_function(
            lambda context: filled[
                context.replica_id_in_sync_group % num_replicas
            ]
        )
        results = strategy.run(function, args=(values,))
        yield from strategy.experimental_local_results(results)[: len(group)]


def _batches(images):
    if not isinstance(images, tf.data.Dataset):
        for start in range(0, len(images), BATCH_SIZE):
            yield tf.convert_to_tensor(images[start : start + BATCH_SIZE])
        return
    for batch in images:
        yield batch[0] if isinstance(batch, tuple) else batch
