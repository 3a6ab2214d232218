"""A pass over images, in whatever form they are given."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras.arrays.stored_rows import StoredRows

BATCH_SIZE = 128


def batches_of(images, num_images=None):
    """Yields the batches of one pass.

    Args:
        images: a `tf.data.Dataset` of batches of inputs, or of tuples that
            begin with them; a Keras `Sequence` or `PyDataset` of the same;
            `StoredRows`; or an array `[num_images, ...]`, or a dict or list of
            arrays of equal length.
        num_images: how many images there must be at most, or None.

    Raises:
        ValueError: for a dataset without end, for more images than there are,
            and for arrays of different lengths.
    """
    if isinstance(images, tf.data.Dataset):
        check_ends(images)
        batches = iter(images)
    elif isinstance(images, StoredRows):
        batches = _stored(images)
    elif hasattr(images, "__getitem__") and _gives_batches(images):
        batches = (images[i] for i in range(len(images)))
    else:
        batches = _slices(images)
    seen = 0
    for batch in batches:
        seen += num_rows(inputs_in(batch))
        if num_images is not None and seen > num_images:
            raise ValueError(
                "Images must be as many as their labels. Received: more than "
                f"{num_images} images. Give the labels of all, and no "
                "repeat()."
            )
        yield batch


def check_ends(dataset):
    """Raises ValueError for a `tf.data.Dataset` that is repeated for ever."""
    if dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise ValueError(
            "Images must be a dataset that ends. Received: one that is "
            "repeated without end. Leave repeat() out."
        )


def check_order(images):
    """Raises ValueError unless the first batch is the same in two passes.

    Args:
        images: as for `batches_of`. Arrays are always in order, and datasets
            with labels need not be: their labels are read with them.
    """
    if not isinstance(images, tf.data.Dataset):
        return
    check_ends(images)
    first, second = (next(iter(images), None) for _ in range(2))
    if first is None or labels_in(first) is not None:
        return
    parts = zip(_arrays(inputs_in(first)), _arrays(inputs_in(second)))
    if not all(np.array_equal(a, b) for a, b in parts):
        raise ValueError(
            "Images must come in the order of their labels in each pass. "
            "Received: a dataset whose first batch differs from pass to pass. "
            "Use shuffle=False and no random augmentation, or a dataset of "
            "(images, labels)."
        )


def inputs_in(batch):
    """The inputs of a model in a batch: all, or the first of a tuple."""
    return batch[0] if isinstance(batch, tuple) else batch


def labels_in(batch):
    """`[batch_size]` array of the labels in a batch, or None.

    They are the second of a tuple, as in `fit`: a tensor, or a dict with an
    entry `label`.
    """
    if not isinstance(batch, tuple) or len(batch) < 2:
        return None
    labels = batch[1]
    if isinstance(labels, dict):
        labels = labels.get("label")
    return None if labels is None else np.asarray(labels)


def num_rows(inputs):
    """The number of examples in a batch of inputs."""
    return int(tf.nest.flatten(inputs)[0].shape[0])


def _gives_batches(images):
    # `Sequence` and `PyDataset` of any Keras, which a dict or an array is not.
    return hasattr(images, "on_epoch_end") and hasattr(images, "__len__")


def _stored(rows):
    """Batches of rows, of which only the one that is taken is in memory."""
    for start in range(0, rows.shape[0], BATCH_SIZE):
        yield tf.constant(rows.take(slice(start, start + BATCH_SIZE)))


def _slices(images):
    """Batches of arrays."""
    images = tf.nest.map_structure(_as_array, images)
    lengths = {len(part) for part in tf.nest.flatten(images)}
    if len(lengths) != 1:
        raise ValueError(
            "Arrays of inputs must have equal lengths. Received: "
            f"{sorted(lengths)} rows."
        )
    for start in range(0, *lengths, BATCH_SIZE):
        yield tf.nest.map_structure(
            lambda part: (
                tf.convert_to_tensor(part[start : start + BATCH_SIZE])
                if not isinstance(part, tf.RaggedTensor)
                else part[start : start + BATCH_SIZE]
            ),
            images,
        )


def _as_array(part):
    if hasattr(part, "shape") and hasattr(part, "__getitem__"):
        return part
    raise TypeError(
        "Images must be arrays, tensors or a tf.data.Dataset. Received: a "
        f"{type(part).__name__}. Use np.asarray, or Dataset.from_generator."
    )


def _arrays(inputs):
    return [
        part.to_list() if isinstance(part, tf.RaggedTensor) else part.numpy()
        for part in tf.nest.flatten(inputs)
    ]
