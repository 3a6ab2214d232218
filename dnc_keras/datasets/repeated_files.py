"""Files that a list names more than once, however it spells their paths."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from dnc_keras.datasets.files import rows_by_folder


def repeated_files(paths: Sequence) -> list[str]:
    """The files that are there more than once, in their order.

    A file may be named from here and from the root, and through links to it
    or to its folder.

    Args:
        paths: `[num_paths]` object array of str.

    Returns:
        The path of each such file; of several spellings two, with " = ".
    """
    # A set of all paths would be large; their hashes in an array are not.
    hashes = np.zeros(len(paths), np.int64)
    for rows, real_paths in _real_paths(paths):
        hashes[rows] = [hash(path) for path in real_paths]
    order = np.sort(hashes)
    suspects = np.unique(order[1:][order[1:] == order[:-1]])
    if not len(suspects):
        return []
    return _spellings(paths, np.flatnonzero(np.isin(hashes, suspects)))


def _spellings(paths, suspects):
    """The spellings of those paths, of some rows, that are of one file."""
    found = {}
    for rows, real_paths in _real_paths(paths[suspects]):
        for row, path in zip(suspects[rows].tolist(), real_paths):
            found.setdefault(path, []).append(row)
    repeated = sorted(sorted(rows) for rows in found.values() if len(rows) > 1)
    return [
        " = ".join(list(dict.fromkeys(paths[row] for row in rows))[:2])
        for rows in repeated
    ]


def _real_paths(paths):
    """Yields rows and, one by one, their paths without links, by folder."""
    for folder, rows in rows_by_folder(paths):
        links, start = _links(folder or "."), len(folder)
        real = os.path.join(os.path.realpath(folder), "")
        yield (
            rows,
            (
                os.path.realpath(paths[row])
                if paths[row][start:] in links
                else real + paths[row][start:]
                for row in rows.tolist()
            ),
        )


def _links(folder):
    with os.scandir(folder) as entries:
        return {entry.name for entry in entries if entry.is_symlink()}
