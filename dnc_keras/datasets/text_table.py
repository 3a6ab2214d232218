"""Annotation files: columns of text, divided by blanks."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence


def read_columns(
    file: pathlib.Path,
    types: Sequence,
    num_header_lines: int = 0,
    rest: str = "last",
) -> list[list]:
    """Reads a text file of columns; runs of blanks divide like one.

    Args:
        file: the file, in UTF-8.
        types: `int` or `str` for each column.
        num_header_lines: lines to skip at the top.
        rest: "first" or "last", the column that takes what is left of a line,
            so that its file names may have blanks.

    Returns:
        A list of values for each column.

    Raises:
        ValueError: for a line with too few columns, or without an integer
            where there must be one, or for a file that is no text.
    """
    rows = [
        _parse(file, number, line, types, rest)
        for number, line in enumerate(_read_lines(file), 1)
        if number > num_header_lines and line.strip()
    ]
    return [list(column) for column in zip(*rows)] or [[] for _ in types]


def _read_lines(file):
    try:
        # "sig" for the byte order mark that Windows puts first. No
        # `splitlines`: it divides at characters that names may have.
        return file.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{str(file)!r} is no text in UTF-8: {error}. Download it again."
        ) from error


def _parse(file, number, line, types, rest):
    split = line.split if rest == "last" else line.rsplit
    cells = split(maxsplit=len(types) - 1)
    try:
        if len(cells) < len(types):
            raise ValueError("too few columns")
        return [kind(cell.strip()) for kind, cell in zip(types, cells)]
    except ValueError as error:
        names = " ".join("integer" if t is int else "text" for t in types)
        raise ValueError(
            f"Each line of {str(file)!r} must be: {names}. Received in line "
            f"{number}: {line.strip()!r}. Download the file again."
        ) from error
