"""Benchmarks whose first half of the classes is to learn from."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Optional

import numpy as np

from dnc_keras.datasets.benchmark import Listing
from dnc_keras.datasets.messages import first_few


def list_halves(
    paths: Sequence,
    class_ids: Sequence,
    num_classes: int,
    class_names: Optional[Mapping] = None,
) -> Listing:
    """Splits images by class: the first half trains, the second one tests.

    Args:
        paths: `num_images` str.
        class_ids: `num_images` integers, 1 to `num_classes`.
        num_classes: how many classes the data set has.
        class_names: the name of each class id, or None.

    Returns:
        A `Listing`.

    Raises:
        ValueError: for other class ids.
    """
    return halve(Listing(paths, class_ids, [], class_names), num_classes)


def halve(listing: Listing, num_classes: int) -> Listing:
    """The same, for a listing whose splits are to be replaced.

    Args:
        listing: a `Listing` with class ids from 1 to `num_classes`.
        num_classes: how many classes the data set has.

    Returns:
        A `Listing`.

    Raises:
        ValueError: for other class ids.
    """
    ids = np.asarray(listing.class_ids, dtype=int)
    outside = np.setdiff1d(ids, np.arange(1, num_classes + 1))
    if len(outside):
        raise ValueError(
            f"Classes must be numbered from 1 to {num_classes}. Received: "
            f"{first_few(outside)}. Get the official files."
        )
    splits = np.where(ids <= num_classes // 2, "train", "test")
    return dataclasses.replace(listing, class_ids=ids, splits=splits)


def list_halves_of_folders(
    images: Mapping, class_ids: Mapping, num_classes: int
) -> Listing:
    """The same, for class folders.

    Args:
        images: the paths of the images of each class, by its name.
        class_ids: the id of each class, by its name.
        num_classes: how many classes the data set has.

    Returns:
        A `Listing`.
    """
    return list_halves(
        [path for paths in images.values() for path in paths],
        [class_ids[name] for name, paths in images.items() for _ in paths],
        num_classes,
        {class_id: name for name, class_id in class_ids.items()},
    )
