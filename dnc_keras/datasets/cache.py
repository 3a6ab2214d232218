"""Keeps encoded images at hand: in memory, or as copies on a fast disk."""

from __future__ import annotations

import functools
import hashlib
import os
from concurrent import futures

import numpy as np

from dnc_keras.datasets.contents import ByteRanges
from dnc_keras.datasets.contents import Copies
from dnc_keras.datasets.contents import InMemory
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.support import progress
from dnc_keras.support.hidden_folders import hidden_folder
from dnc_keras.support.paths import expanded_path

MEMORY = "memory"


def with_cache(dataset: Dataset, cache: str) -> Dataset:
    """The same data set, whose images are read once from where they are.

    Args:
        dataset: a `Dataset`.
        cache: "memory", or a folder on a fast disk. There a copy of each image
            is made, which later runs use again as long as size and time of the
            image's file stay.

    Returns:
        A `Dataset`.

    Raises:
        OSError: for an image that cannot be read, or a full disk.
    """
    return dataset.with_contents(
        _in_memory if cache == MEMORY else _copied_to(cache)
    )


def _in_memory(index):
    if isinstance(index.contents, InMemory):
        return index.contents
    encoded = _for_each_image(index, index.content, "reading images")
    return InMemory.of(encoded)


def _copied_to(cache):
    folder = expanded_path(cache)

    def hold(index):
        if isinstance(index.contents, (InMemory, Copies)):
            return index.contents
        folder.mkdir(parents=True, exist_ok=True)
        with hidden_folder(folder / "copies") as unfinished:
            copy = functools.partial(_copy, folder, unfinished, index)
            files = _for_each_image(index, copy, "copying images")
        return Copies(np.array(files, dtype=object))

    return hold


def _for_each_image(index, function, description):
    with futures.ThreadPoolExecutor() as pool:
        results = pool.map(function, range(len(index)))
        return list(progress.track(results, description, len(index)))


def _copy(folder, unfinished, index, row):
    """The path of the copy of one image, made if it is not there."""
    name = _name_of_copy(index, row)
    copy = folder / name[:2] / name
    if not copy.is_file():
        copy.parent.mkdir(parents=True, exist_ok=True)
        # Of two equal rows, each has a file of its own until it is whole.
        half = unfinished / f"{name}-{row}"
        half.write_bytes(index.content(row))
        os.replace(half, copy)
    return str(copy)


def _name_of_copy(index, row):
    """Another one when the image's file changed."""
    file, offset = index.paths[row], 0
    if isinstance(index.contents, ByteRanges):
        file, offset = index.contents.place(row)
    status = os.stat(file)
    told = (os.path.abspath(file), offset, status.st_size, status.st_mtime_ns)
    return hashlib.blake2b(repr(told).encode(), digest_size=16).hexdigest()
