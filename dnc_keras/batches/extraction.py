"""Runs a function over all images and keeps what comes out."""

from __future__ import annotations

import itertools
from typing import NamedTuple
from typing import Optional

import numpy as np
import tensorflow as tf

from dnc_keras.arrays.memory import aligned_empty
from dnc_keras.arrays.workers import workers_of
from dnc_keras.batches.passes import batches_of
from dnc_keras.batches.passes import inputs_in
from dnc_keras.batches.passes import labels_in
from dnc_keras.support.progress import Counted


class Extracted(NamedTuple):
    """What one pass gave.

    rows: `[num_images, dim]` float32 array.
    labels: `[num_images]` array, the labels that came with the images; None
        where none did.
    """

    rows: np.ndarray
    labels: Optional[np.ndarray]


def traced(model):
    """The function of a model in inference, as a graph of its own."""
    return tf.function(lambda images: model(images))


def extract(function, images, num_images=None):
    """Applies a function to images in batches.

    In the scope of a strategy its replicas share the batches. With several
    workers each gives its own images and gets the rows of all.

    Args:
        function: from a batch of inputs to `[batch_size, dim]`, such as a
            model or `model.features`.
        images: what `batches_of` takes: a `tf.data.Dataset` of batches, or
            arrays.
        num_images: as for `extract_own`.

    Returns:
        `[num_images, dim]` float32 array, in the order of the images.
    """
    workers = workers_of(tf.distribute.get_strategy())
    return workers.gather(extract_own(function, images, num_images).rows)


def extract_own(function, images, num_images=None) -> Extracted:
    """As `extract`, but each worker gets the rows of its own images only.

    Args:
        function: as for `extract`.
        images: as for `extract`.
        num_images: how many there are at most, of all workers; more are
            refused before they fill the memory. None: it is not known.
    """
    strategy = tf.distribute.get_strategy()
    labels = []
    batches = _inputs_of(batches_of(images, num_images), labels)
    if strategy.num_replicas_in_sync == 1:
        results = map(function, batches)
    else:
        results = _on_replicas(strategy, function, batches)
    with Counted("embedding images", num_images) as progress:
        rows = _in_one_array(_tracked(results, progress), num_images or 0)
    are_there = all(part is not None for part in labels)
    return Extracted(rows, np.concatenate(labels) if are_there else None)


def _tracked(results, progress):
    """Yields `[batch_size, dim]` results, and counts their rows."""
    for rows in results:
        yield rows
        progress.update(len(rows))


def _in_one_array(parts, num_expected):
    """The rows of all parts, in memory that k-means reads in place.

    What is not written to takes no memory: it is asked for once, where the
    number of rows is known.
    """
    rows, end = np.empty([0]), 0
    for part in map(np.asarray, parts):
        start, end = end, end + len(part)
        if end > len(rows):
            size = max(num_expected, end, 2 * len(rows))
            larger = aligned_empty([size, *part.shape[1:]])
            if start:
                larger[:start] = rows[:start]
            rows = larger
        rows[start:end] = part
    return rows[:end]


def _inputs_of(batches, labels):
    """Yields the inputs of batches, and adds their labels to a list."""
    for batch in batches:
        labels.append(labels_in(batch))
        yield inputs_in(batch)


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
