"""Annotation files: columns of text, divided by blanks."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence


def read_columns(
    file: pathlib.Path, types: Sequence, num_header_lines: int = 0
) -> list[list]:
    """Reads a text file of columns; runs of blanks divide like one.

    Args:
        file: the file, in UTF-8.
        types: `int` or `str` for each column. What is left of a line belongs
            to the last column, so that file names may have blanks.
        num_header_lines: lines to skip at the top.

    Returns:
        A list of values for each column.

    Raises:
        ValueError: for a line with too few columns, or without an integer
            where there must be one.
    """
    lines = file.read_text(encoding="utf-8").splitlines()
    rows = [
        _parse(file, number, line, types)
        for number, line in enumerate(lines, 1)
        if number > num_header_lines and line.strip()
    ]
    return [list(column) for column in zip(*rows)] or [[] for _ in types]


def _parse(file, number, line, types):
    cells = line.split(maxsplit=len(types) - 1)
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
