"""Paths as users write them."""

from __future__ import annotations

import os
import pathlib


def expanded(path) -> str:
    """The path, with the home folder for a leading `~` or `~user`.

    Shells leave `~` behind `=` as it is, and so does every function that opens
    a file. All that takes a path from a user calls this.

    Args:
        path: a str or path object. What begins with `~` and the name of no
            user stays as it is.
    """
    return os.path.expanduser(os.fspath(path))


def expanded_path(path) -> pathlib.Path:
    """As `expanded`, as a path object."""
    return pathlib.Path(expanded(path))


def name_within(path, folder) -> str:
    """The path as seen from a folder; as it is, if it is not in there.

    Both are compared as text, as they came from one setting: no link is
    followed. Separators become `/`.

    >>> name_within("photos/ant/1.jpg", "photos")
    'ant/1.jpg'
    >>> name_within("set.zip/ant/1.jpg", "photos")
    'set.zip/ant/1.jpg'
    """
    path = pathlib.Path(path)
    try:
        return path.relative_to(expanded_path(folder)).as_posix()
    except ValueError:
        return path.as_posix()


def absolute_uri(path) -> str:
    """The `file:` address of a file or folder."""
    return pathlib.Path(os.path.abspath(expanded(path))).as_uri()
