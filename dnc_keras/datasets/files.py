"""Finds files and folders, wherever an archive was unpacked."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Sequence
from typing import Optional

import numpy as np

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
    folders = [root]
    for _ in range(_DEPTH + 1):
        for folder in folders:
            if (folder / name).exists():
                return folder / name
        folders = [inner for folder in folders for inner in subfolders(folder)]
    return None


def subfolders(folder: pathlib.Path) -> list[pathlib.Path]:
    """The folders in a folder by name, without hidden ones."""
    return sorted(
        pathlib.Path(entry.path)
        for entry in os.scandir(folder)
        if entry.is_dir() and not entry.name.startswith(".")
    )


def are_files(paths: Sequence) -> np.ndarray:
    """Tells which paths are files; lists each folder once.

    Args:
        paths: `num_paths` str.

    Returns:
        `[num_paths]` boolean array.
    """
    listed = {}
    found = np.zeros(len(paths), bool)
    for row, path in enumerate(paths):
        folder, _, name = path.rpartition("/")
        if folder not in listed:
            listed[folder] = _file_names(folder or ".")
        found[row] = name in listed[folder]
    return found


def _file_names(folder):
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.is_file()}
    except OSError:
        return set()
