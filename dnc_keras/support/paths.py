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
