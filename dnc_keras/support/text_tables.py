"""Tables of text, whose columns are aligned."""

from __future__ import annotations

from typing import Optional

_GAP = "  "


def text_table(
    header,
    rows,
    width: Optional[int] = None,
    num_keys: int = 1,
    key_width: int = 0,
    cell_width: int = 0,
) -> list[str]:
    """Lays a table out; what is too wide goes on below, with the first columns.

    Args:
        header: a list of str. The first column is aligned left, others right.
        rows: lists of str, as long as the header.
        width: of a line. None, the default: no limit.
        num_keys: number of columns that are repeated.
        key_width: of the first column, at least.
        cell_width: of each other column, at least.

    Returns:
        A list of lines.

    Example:

    >>> text_table(["", "R@1"], [["before", "0.2500"]])
    ['           R@1', 'before  0.2500']
    """
    first, *columns = zip(header, *rows)
    columns = [
        _aligned(first, str.ljust, key_width),
        *(_aligned(column, str.rjust, cell_width) for column in columns),
    ]
    keys = [_GAP.join(row) for row in zip(*columns[:num_keys])]
    room = None if width is None else width - len(keys[0])
    lines = [
        line
        for block in _cut(columns[num_keys:], room)
        for line in ("", *map(_GAP.join, zip(keys, *block)))
    ]
    return [line.rstrip() for line in lines[1:]]


def _aligned(cells, align, width):
    width = max(width, *map(len, cells))
    return [align(cell, width) for cell in cells]


def _cut(columns, width):
    """Lists of columns that fit into the width, one at least in each."""
    if width is None:
        return [columns]
    blocks, room = [[]], width
    for column in columns:
        needed = len(_GAP) + len(column[0])
        if blocks[-1] and needed > room:
            blocks.append([])
            room = width
        blocks[-1].append(column)
        room -= needed
    return blocks
