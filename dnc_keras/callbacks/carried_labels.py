"""The labels that images bring with them, and those that were given."""

from __future__ import annotations

import numpy as np

from dnc_keras.batches.passes import batches_of
from dnc_keras.batches.passes import labels_in
from dnc_keras.support.labels import class_ids
from dnc_keras.support.labels import shared_ids


def labels_of(images):
    """`[num_images]` labels that images bring with them, or None.

    Args:
        images: as for `batches_of`; all with labels are read.
    """
    parts = []
    for batch in batches_of(images):
        labels = labels_in(batch)
        if labels is None:
            return None
        parts.append(labels)
    return np.concatenate(parts) if parts else None


def check_same_classes(carried, labels):
    """Raises ValueError unless two arrays of labels group the images alike.

    Labels of one type must sort alike, too. Names may differ, such as text
    here and numbers there, or numbers that do not begin with 0.

    Args:
        carried: `[num_images]` labels that came with the images.
        labels: `[num_images]` labels that they should have.
    """
    ids, names = class_ids(carried, "labels of the images")
    others, other_names = class_ids(labels)
    pairs = set(zip(ids.tolist(), others.tolist()))
    alike = len(pairs) == len(names) == len(other_names)
    if names.dtype.kind == other_names.dtype.kind:
        alike = np.array_equal(ids, others)
    if len(ids) != len(others) or not alike:
        raise ValueError(
            "Images must come in the order of the sampler's labels. Received: "
            "a dataset whose own labels are in another order. Use "
            "shuffle=False."
        )


def evaluation_labels(carried, labels, num_rows):
    """The labels of the images of an evaluation, in their order.

    Args:
        carried: `[num_images]` labels that came with the images, or None.
        labels: `[num_images]` labels that were given, or None. Where there are
            both, the first count, as images may be shuffled.
        num_rows: the number of images.

    Returns:
        `[num_images]` int64 array, a number for each class.

    Raises:
        ValueError: where there are none, or not as many, or where both are not
            of the same classes.
    """
    if carried is None and labels is None:
        raise ValueError(
            "An evaluation needs labels. Received: none, neither as an "
            "argument nor in the dataset. Give RetrievalEvaluation(images, "
            "labels), or a dataset of (images, labels)."
        )
    if labels is not None and len(labels) != num_rows:
        raise ValueError(
            "There must be a label for each image. Received: "
            f"{len(labels)} labels of {num_rows} images."
        )
    if carried is None:
        return class_ids(labels)[0]
    if labels is not None and not _have_same_sizes(carried, labels):
        raise ValueError(
            "The labels that are given must be those of the dataset. Received: "
            "other classes, or other numbers of images in them. Leave the "
            "argument labels out."
        )
    return class_ids(carried, "labels of the images")[0]


def _have_same_sizes(carried, labels):
    try:
        ids = shared_ids(carried, labels)
    except TypeError:
        # Text and numbers: only the sizes can be compared.
        ids = class_ids(carried)[0], class_ids(labels)[0]
        sizes = [np.sort(np.bincount(x)) for x in ids]
    else:
        sizes = [
            np.bincount(x, minlength=max(map(np.max, ids)) + 1) for x in ids
        ]
    return np.array_equal(*sizes)
