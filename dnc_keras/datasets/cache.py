"""Keeps encoded images at hand: in memory, or as copies on a fast disk."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import pathlib
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
    hold = _in_memory if cache == MEMORY else _copied_to(cache)
    train, test = hold(dataset.train), hold(dataset.test)
    roles = {
        name: _with_contents_of(test, index)
        for name in ("query", "gallery")
        if (index := getattr(dataset, name)) is not None
    }
    return dataclasses.replace(dataset, train=train, test=test, **roles)


def _in_memory(index):
    if isinstance(index.contents, InMemory):
        return index
    read = functools.partial(_read, index)
    encoded = _for_each_image(index, read, "reading images")
    return _replace(index, InMemory.of(encoded))


def _copied_to(cache):
    folder = expanded_path(cache)

    def hold(index):
        if isinstance(index.contents, (InMemory, Copies)):
            return index
        folder.mkdir(parents=True, exist_ok=True)
        with hidden_folder(folder / "copies") as unfinished:
            copy = functools.partial(_copy, folder, unfinished, index)
            files = _for_each_image(index, copy, "copying images")
        return _replace(index, Copies(np.array(files, dtype=object)))

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
        half.write_bytes(_read(index, row))
        os.replace(half, copy)
    return str(copy)


def _read(index, row):
    if index.contents is None:
        return pathlib.Path(index.paths[row]).read_bytes()
    return index.contents[row]


def _name_of_copy(index, row):
    """Another one when the image's file changed."""
    file, offset = index.paths[row], 0
    if isinstance(index.contents, ByteRanges):
        file, offset = index.contents.place(row)
    status = os.stat(file)
    told = (os.path.abspath(file), offset, status.st_size, status.st_mtime_ns)
    return hashlib.blake2b(repr(told).encode(), digest_size=16).hexdigest()


def _with_contents_of(whole, part):
    rows = {path: row for row, path in enumerate(whole.paths)}
    return _replace(
        part, whole.contents[np.array([rows[path] for path in part.paths])]
    )


def _replace(index, contents):
    return dataclasses.replace(index, contents=contents)
