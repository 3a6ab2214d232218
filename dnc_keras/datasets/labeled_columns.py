"""Which columns of a table of images hold the images and their classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Optional

import numpy as np
from absl import logging

from dnc_keras.datasets.benchmark import Listing
from dnc_keras.datasets.benchmark import select

# What a column holds.
IMAGE, BYTES, CLASS, INTEGER, TEXT, OTHER = (
    "images",
    "bytes",
    "classes",
    "integers",
    "text",
    "something else",
)
_LABEL_NAMES = (
    "label",
    "labels",
    "class",
    "class_id",
    "class_label",
    "fine_label",
    "category",
    "target",
)


@dataclasses.dataclass(frozen=True)
class Column:
    """A column, or a feature as its package calls it.

    Args:
        kind: what it holds: `IMAGE`, `BYTES`, `CLASS`, `INTEGER`, `TEXT` or
            `OTHER`.
        class_names: for `CLASS`: the name of each integer from 0.
    """

    kind: str
    class_names: Optional[Sequence] = None


def choose_image(columns: Mapping, named: str, owner: str) -> str:
    """The name of the column with the images.

    Args:
        columns: a `Column` by name.
        named: the one that the user names, or "": the only one of images, or
            else the only one of bytes.
        owner: what has these columns, for messages.

    Raises:
        ValueError: where it is not there, or not clear.
    """
    candidates = _of(columns, IMAGE) or _of(columns, BYTES)
    return _choose(
        *(columns, named, candidates, (IMAGE, BYTES), owner),
        *("images", "image_column"),
    )


def choose_label(columns: Mapping, named: str, owner: str) -> str:
    """The same for the classes: the only one, or the one with such a name."""
    candidates = _of(columns, CLASS) or [
        name
        for name in _of(columns, INTEGER, TEXT)
        if name.casefold() in _LABEL_NAMES
    ]
    return _choose(
        *(columns, named, candidates, (CLASS, INTEGER, TEXT), owner),
        *("classes", "label_column"),
    )


def _of(columns, *kinds):
    return [name for name, column in columns.items() if column.kind in kinds]


def _choose(columns, named, candidates, kinds, owner, what, setting):
    shown = ", ".join(
        f"{name} ({columns[name].kind})" for name in sorted(columns)
    )
    if named:
        if named in columns and columns[named].kind in kinds:
            return named
        raise ValueError(
            f"{setting} must name a column of {owner} with {what}. Received: "
            f"{named!r}. Columns: {shown}."
        )
    if len(candidates) == 1:
        return candidates[0]
    received = " and ".join(sorted(candidates)) or "none"
    raise ValueError(
        f"One column of {owner} must hold the {what}. Received: {received}. "
        f"Name it with --{setting}. Columns: {shown}."
    )


def number_classes(
    values: Sequence, name_of: Callable = str
) -> tuple[np.ndarray, dict]:
    """Numbers the classes of images, in the order of their values.

    Args:
        values: `num_images` integers or str; None is no label.
        name_of: function from a value to the class' name.

    Returns:
        (class_ids, class_names) of a `Listing`; -1 is no label.

    >>> number_classes(["cat", None, "ant"])
    (array([ 1, -1,  0], dtype=int32), {0: 'ant', 1: 'cat'})
    """
    distinct = sorted(set(values) - {None})
    numbers = {value: number for number, value in enumerate(distinct)}
    numbers[None] = -1
    ids = np.array([numbers[value] for value in values], np.int32)
    return ids, {n: name_of(value) for n, value in enumerate(distinct)}


def labeled(listing: Listing, owner: str) -> Listing:
    """The images with a label; a split without any label is left out.

    Args:
        listing: a `Listing`; a negative class id is no label.
        owner: what it lists, for messages.

    Raises:
        ValueError: where a split has some labels, or there is none at all.
    """
    has_label, splits = np.asarray(listing.class_ids) >= 0, listing.splits
    if has_label.all():
        return listing
    missing = int((~has_label).sum())
    partly = set(splits[has_label].tolist()) & set(splits[~has_label].tolist())
    if partly or not has_label.any():
        raise ValueError(
            f"Every image of {owner} needs a label. Received: {missing} "
            f"without, of {len(has_label)}. Remove them, or name another "
            "--label_column."
        )
    logging.warning(
        "%s: left out the splits without labels, %s, of %d images.",
        *(owner, ", ".join(sorted(set(splits[~has_label].tolist()))), missing),
    )
    return select(listing, has_label)
