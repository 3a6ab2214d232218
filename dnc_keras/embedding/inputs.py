"""What people have images and vectors in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from dnc_keras.batches.ordered import encoded_images
from dnc_keras.batches.passes import batches_of
from dnc_keras.batches.passes import check_ends
from dnc_keras.batches.passes import check_order
from dnc_keras.datasets.image_index import ImageIndex
from dnc_keras.datasets.vector_rows import VectorRows
from dnc_keras.support import progress

_EXPECTED = (
    "paths, encoded images (bytes), uint8 images [num, height, width, 3] or a "
    "list of such, PIL images, vectors [num, dim], or a tf.data.Dataset of "
    "batches of them"
)
_NUMBERS = "fiu"


class Images(NamedTuple):
    """Images of any size: paths, bytes, uint8 arrays or PIL images."""

    items: Sequence


class Pixels(NamedTuple):
    """Images as a network takes them: `[num, height, width, channels]`."""

    array: np.ndarray


class Vectors(NamedTuple):
    """Rows of features: `[num, dim]` array, or `VectorRows`."""

    rows: np.ndarray


def parts_of(inputs) -> Iterator:
    """Yields `Images`, `Pixels` or `Vectors`: all at once, or by batches.

    Args:
        inputs: what `Embedder.embed` takes.

    Raises:
        TypeError: for anything else.
        ValueError: for arrays of another shape, or of different widths.
    """
    if isinstance(inputs, ImageIndex):
        inputs = _of_index(inputs)
    if isinstance(inputs, tf.data.Dataset):
        yield from map(part_of, _batches(inputs))
    else:
        yield part_of(inputs)


def part_of(inputs):
    """The `Images`, `Pixels` or `Vectors` of what is no dataset."""
    if isinstance(inputs, VectorRows):
        return Vectors(inputs)
    if _is_one_image(inputs):
        return Images([inputs])
    if tf.is_tensor(inputs):
        inputs = inputs.numpy()
    elif hasattr(inputs, "to_numpy"):  # A column of pandas.
        inputs = inputs.to_numpy()
    if isinstance(inputs, np.ndarray) and inputs.dtype.kind in _NUMBERS:
        return _of_array(inputs)
    if isinstance(inputs, (np.ndarray, list, tuple)):
        return _of_items(list(inputs))
    raise TypeError(
        f"Inputs must be {_EXPECTED}. Received: {type(inputs).__name__}."
    )


def is_path(item) -> bool:
    return isinstance(item, (str, os.PathLike))


def is_pil(item) -> bool:
    """Whether it is an image of Pillow's, which need not be installed."""
    kinds = (kind.__module__ for kind in type(item).__mro__)
    return any(name.partition(".")[0] == "PIL" for name in kinds)


def _batches(dataset):
    # What else it gives, such as labels, is not looked at.
    dataset = dataset.map(lambda *batch: batch[0])
    _check_order(dataset)
    num = int(dataset.cardinality())
    return progress.track(
        batches_of(dataset), "embedding batches", num if num >= 0 else None
    )


def _check_order(dataset):
    check_ends(dataset)
    try:
        check_order(dataset)
    except ValueError as error:
        raise ValueError(
            "A dataset must give the same batches in each pass, or nobody "
            "knows which row is of which. Received: first batches that differ. "
            "Leave out shuffle() and random augmentation."
        ) from error


def _of_index(index):
    is_of_vectors = isinstance(index.contents, VectorRows)
    return index.contents if is_of_vectors else encoded_images(index)


def _is_one_image(inputs):
    return is_path(inputs) or isinstance(inputs, bytes) or is_pil(inputs)


def _of_array(array):
    if array.ndim == 2:
        return Vectors(array)
    if array.ndim == 4 and array.dtype == np.uint8:
        return Images(array)
    if array.ndim == 4 and array.dtype.kind == "f":
        return Pixels(array)
    raise ValueError(
        "Arrays must be uint8 images or float pixels [num, height, width, 3], "
        f"or vectors [num, dim]. Received: {array.dtype} of shape "
        f"{list(array.shape)}. Give one image as image[None]."
    )


def _of_items(items):
    if items and all(map(_is_row, items)):
        rows = [np.asarray(item) for item in items]
        widths = sorted({len(row) for row in rows})
        if len(widths) > 1:
            raise ValueError(
                "Vectors must have one width. Received: "
                f"{', '.join(map(str, widths))}. Write them with one model."
            )
        return Vectors(np.stack(rows))
    for position, item in enumerate(items):
        if not (_is_one_image(item) or _is_image_array(item)):
            raise TypeError(
                f"Inputs must be {_EXPECTED}. Received: item {position} is "
                f"{_told(item)}."
            )
    return Images(items)


def _is_row(item):
    if isinstance(item, (list, tuple)):
        item = np.asarray(item)
    return len(getattr(item, "shape", ())) == 1


def _is_image_array(item):
    return getattr(item, "dtype", None) in (np.uint8, tf.uint8) and (
        len(item.shape) in (2, 3)
    )


def _told(item):
    if hasattr(item, "shape") and hasattr(item, "dtype"):
        dtype = getattr(item.dtype, "name", item.dtype)
        return f"{dtype} of shape {list(item.shape)}"
    return f"a {type(item).__name__}"
