"""Numbers for classes, whatever their labels are."""

from __future__ import annotations

import numpy as np


def class_ids(labels, name="labels"):
    """Numbers the classes of labels, in the order in which labels sort.

    Labels that are different stay different: nothing is cast.

    Args:
        labels: `[num_images]` or `[num_images, 1]` integers, text, booleans,
            floats, dates or objects that sort; an array, a list, a tensor, a
            pandas column.
        name: what the caller calls them, for the message.

    Returns:
        (ids, class_names): `[num_images]` int64 array, 0 to `num_classes - 1`,
        and `[num_classes]` array, the label of each class.

    Raises:
        ValueError: for missing labels (NaN, None) and for a row of several
            numbers for each image, such as one-hot labels.
        TypeError: for labels that do not sort, such as text among numbers.

    Example:

    >>> class_ids(["oak", "elm", "oak"])[0]
    array([1, 0, 1])
    """
    array = _flat(_as_array(labels), name)
    _check_complete(array, name)
    try:
        class_names, ids = np.unique(array, return_inverse=True)
    except TypeError as error:
        raise TypeError(
            f"{name} must sort. Received: {str(error).rstrip('.')}. Use labels "
            "of one type."
        ) from error
    return ids.reshape(-1), class_names


def shared_ids(labels, others, name="labels"):
    """Numbers the classes of two arrays of labels together.

    Args:
        labels: as for `class_ids`.
        others: the same.
        name: what the caller calls them, for the message.

    Returns:
        (ids, other_ids): int64 arrays; equal labels have equal numbers.

    Raises:
        ValueError, TypeError: as `class_ids`.
    """
    first, second = (_flat(_as_array(x), name) for x in (labels, others))
    if first.dtype.kind != second.dtype.kind:
        # NumPy would make floats of signed and unsigned integers.
        first, second = first.astype(object), second.astype(object)
    ids, _ = class_ids(np.concatenate([first, second]), name)
    return ids[: len(first)], ids[len(first) :]


def _as_array(labels):
    array = np.asarray(labels)
    if not isinstance(labels, (list, tuple)):
        return array
    # NumPy makes text of [1, "1"], and floats of large integers.
    types = {type(label) for label in labels}
    if len(types) > 1 or (types == {int} and array.dtype.kind == "f"):
        return np.array(labels, object)
    return array


def _flat(array, name):
    if array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1):
        return array.reshape(-1)
    raise ValueError(
        f"{name} must be one label for each image. Received: shape "
        f"{array.shape}. Of one-hot labels use np.argmax(labels, axis=1)."
    )


def _check_complete(array, name):
    missing = np.flatnonzero(_is_missing(array))
    if len(missing):
        raise ValueError(
            f"{name} must name the class of each image. Received: "
            f"{array[missing[0]]} for image {missing[0]}, {len(missing)} such "
            "in all. Leave these images out, or give them a class."
        )


def _is_missing(array):
    if array.dtype.kind in "fcmM":
        return array != array
    if array.dtype.kind == "O":
        return np.fromiter(map(_is_none, array), bool, len(array))
    return np.zeros(len(array), bool)


def _is_none(label):
    # Nothing equals NaN, and whether pandas' NA equals anything is NA.
    return label is None or (label != label) is not False
