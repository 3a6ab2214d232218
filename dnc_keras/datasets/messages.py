"""What the loaders' messages have in common."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

from dnc_keras.support.paths import expanded_path


def first_few(names: Sequence, limit: int = 10) -> str:
    """The first names in quotes, and how many there are if there are more.

    >>> first_few(["a", "b", "c"], limit=2)
    "'a', 'b', ... (3 in all)"
    """
    shown = ", ".join(repr(str(name)) for name in names[:limit])
    return (
        shown if len(names) <= limit else f"{shown}, ... ({len(names)} in all)"
    )


def existing_path(
    data_dir, looked_for: str, may_be_file: bool = False
) -> pathlib.Path:
    """Checks that `data_dir` was given and is there.

    Args:
        data_dir: path as the user gave it, or None; `~` is the home folder.
        looked_for: what the loader looks for and where to get it, to be told
            where `data_dir` is missing.
        may_be_file: whether the loader also takes a file.

    Returns:
        The path.

    Raises:
        ValueError, OSError: where it is none.
    """
    if not data_dir:
        raise ValueError(f"This data set needs a data_dir: {looked_for}.")
    path = expanded_path(data_dir)
    if not path.exists():
        raise FileNotFoundError(
            f"data_dir does not exist. Received: {str(data_dir)!r}. "
            f"Looked for: {looked_for}."
        )
    if path.is_file() and not may_be_file:
        raise NotADirectoryError(
            f"data_dir must be a folder. Received: the file {str(data_dir)!r}. "
            f"Give the folder it is in. Looked for: {looked_for}."
        )
    return path
