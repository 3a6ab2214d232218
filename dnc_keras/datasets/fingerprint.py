"""A short name for the test images of a data set: which, and of which class."""

from __future__ import annotations

import hashlib
import os

from dnc_keras.datasets.dataset import Dataset

_NUM_DIGITS = 16


def digest_of_test(dataset: Dataset) -> str:
    """Digests the test images, to know whether runs were measured on the same.

    Counted are the class of each image, its file or id below the folder that
    all share, and whether it is a query or a gallery image. So neither the
    place of the folder nor the order of the images changes the digest, and
    pixels have no part in it.

    Args:
        dataset: a `Dataset`.

    Returns:
        16 hexadecimal digits.
    """
    return _digest(
        line
        for part, index in dataset.test_parts.items()
        for line in (part, *sorted(_lines(index)))
    )


def digest_of_queries(dataset: Dataset) -> str:
    """Digests the images that are searched for, in their order.

    Args:
        dataset: a `Dataset`.

    Returns:
        16 hexadecimal digits, the same for values of the same queries in the
        same order.
    """
    return _digest(_lines(dataset.test_parts[dataset.query_part]))


def _lines(index):
    """Class and name of each image."""
    names = zip(index.labels, _below_common_folder(index.paths))
    return [f"{index.class_names[label]}\0{name}" for label, name in names]


def _digest(lines):
    text = "".join(f"{line}\n" for line in lines)
    # A file's name may hold bytes that are no text.
    digest = hashlib.sha256(text.encode("utf-8", "backslashreplace"))
    return digest.hexdigest()[:_NUM_DIGITS]


def _below_common_folder(paths):
    # Works on any sequences.
    folders = [path.split("/")[:-1] for path in paths]
    num_common = len(os.path.commonprefix(folders))
    return ["/".join(path.split("/")[num_common:]) for path in paths]
