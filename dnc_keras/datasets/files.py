"""Finds files and folders, wherever an archive was unpacked."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Optional

import numpy as np

from dnc_keras.support.paths import expanded

_DEPTH = 2


def locate(root: pathlib.Path, name: str) -> Optional[pathlib.Path]:
    """Finds an entry in a folder, or in its folders, or in theirs.

    Args:
        root: where to begin.
        name: of a file or folder, such as "cars_annos.mat" or
            "devkit/cars_train_annos.mat".

    Returns:
        The path nearest to `root`, the first by name among equals, or None.
    """
    paths = (folder / name for folder in nearby_folders(root))
    return next((path for path in paths if path.exists()), None)


def nearby_folders(root: pathlib.Path) -> Iterator[pathlib.Path]:
    """A folder, then its folders, then theirs, each time by name.

    Without folders that cannot be read, such as the lost+found of a disk.
    """
    folders = [root]
    yield root
    for _ in range(_DEPTH):
        folders = [
            inner for folder in folders for inner in readable_subfolders(folder)
        ]
        yield from folders


def readable_subfolders(folder: pathlib.Path) -> list[pathlib.Path]:
    """Those of the `subfolders` that this user can open."""
    return [
        inner
        for inner in subfolders(folder)
        if os.access(inner, os.R_OK | os.X_OK)
    ]


def subfolders(folder: pathlib.Path) -> list[pathlib.Path]:
    """The folders in a folder by name, without hidden ones."""
    return sorted(
        pathlib.Path(entry.path)
        for entry in os.scandir(folder)
        if entry.is_dir() and not entry.name.startswith(".")
    )


def join_paths(folder: pathlib.Path, paths: Sequence) -> list:
    """Joins a folder with many paths, and tidies them as `os.path.normpath`.

    Args:
        folder: what relative paths are relative to.
        paths: `num_paths` str, none empty; `~` is the home folder.

    Returns:
        `num_paths` str.
    """
    prefix = os.path.normpath(os.path.join(folder, "name"))[: -len("name")]
    # `normpath` of each would take longer than all else that is done to them.
    text = "\n".join(("", *paths, ""))
    if "\n~" in text:
        paths = [expanded(path) for path in paths]
    joined = [path if path[0] == "/" else prefix + path for path in paths]
    if any(untidy in text for untidy in ("//", "/.", "\n.", "/\n")):
        return [os.path.normpath(path) for path in joined]
    return joined


def are_files(paths: Sequence) -> np.ndarray:
    """Tells which paths are files; lists each folder once.

    Args:
        paths: `num_paths` str.

    Returns:
        `[num_paths]` boolean array.
    """
    found = np.zeros(len(paths), bool)
    for folder, rows in rows_by_folder(paths):
        names, start = _file_names(folder or "."), len(folder)
        # The file system decides on what is not listed: it may take "A.JPG"
        # for a.jpg, or open folders that it does not list.
        found[rows] = [
            paths[row][start:] in names or os.path.isfile(paths[row])
            for row in rows.tolist()
        ]
    return found


def rows_by_folder(paths: Sequence) -> Iterator:
    """Pairs of a folder, with its last slash, and the rows of its paths."""
    numbers = {}
    folders = (path[: path.rfind("/") + 1] for path in paths)
    ids = np.fromiter(
        (numbers.setdefault(folder, len(numbers)) for folder in folders),
        *(np.int32, len(paths)),
    )
    order = np.argsort(ids, kind="stable")
    return zip(numbers, np.split(order, np.cumsum(np.bincount(ids))[:-1]))


def _file_names(folder):
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.is_file()}
    except (OSError, ValueError):  # ValueError: a name with a 0 byte.
        return set()
