"""A csv file as columns, of millions of rows if need be."""

from __future__ import annotations

import array
import itertools
import operator
from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np

from dnc_keras.datasets.csv_lines import DELIMITERS
from dnc_keras.datasets.csv_lines import read_lines
from dnc_keras.datasets.messages import first_few
from dnc_keras.datasets.text_column import TextColumn

# Lines that are held as lists at a time: so few that Python's garbage
# collector stays asleep, which would visit all objects of TensorFlow.
_CHUNK_SIZE = 256


def read_table(
    file, required: Sequence, optional: Sequence, listed: Mapping
) -> dict:
    """Reads the known columns of a csv file.

    Args:
        file: path of the file; its first line names the columns, in any order
            and case.
        required: names of columns that must be there, each cell filled.
        optional: names of columns that may be there.
        listed: for each column whose text does not repeat, such as a path, a
            function from some of its cells to what stands for them.

    Returns:
        A dict by the names of the columns that are there: a `TextColumn`, or a
        `[num_rows]` object array for those of `listed`.

    Raises:
        ValueError: for a missing or repeated column, with the numbers of the
            wrong lines for others.
    """
    header, lines = _open(file, required, (*required, *optional))
    names = [name for name in (*required, *optional) if name in header]
    lists = {name: [] for name in names if name in listed}
    others = [name for name in names if name not in listed]
    coded = {name: ({}, array.array("i")) for name in others}
    for cells in _cells(file, header, lines, required):
        for name, items in lists.items():
            items += listed[name](cells[name])
        for name, (numbers, codes) in coded.items():
            codes.extend(
                [numbers.setdefault(x, len(numbers)) for x in cells[name]]
            )
    return {
        **{name: np.array(x, dtype=object) for name, x in lists.items()},
        **{
            name: TextColumn(list(numbers), np.frombuffer(codes, np.int32))
            for name, (numbers, codes) in coded.items()
        },
    }


def _open(file, required, known):
    """(header, lines): names of the columns, and the other lines."""
    for delimiter in DELIMITERS:
        lines = read_lines(file, delimiter)
        received = next(lines, (0, []))[1]
        header = [name.casefold() for name in received]
        if set(required) <= set(header):
            _check_names(file, header, known)
            return header, lines
    _refuse_header(file, required)


def _refuse_header(file, required):
    received = next(read_lines(file, DELIMITERS[0]), (0, []))[1]
    names = {name.casefold() for name in received}
    missing = [name for name in required if name not in names]
    raise ValueError(
        f"{str(file)!r} needs the columns {','.join(required)} in its first "
        "line, divided by commas, semicolons or tabs. Missing: "
        f"{first_few(missing)}. Received: "
        f"{first_few(received) or 'an empty file'}."
    )


def _check_names(file, header, known):
    repeated = [name for name in known if header.count(name) > 1]
    if repeated:
        raise ValueError(
            f"{str(file)!r} must name each column once. Named more often: "
            f"{first_few(repeated)}. Rename or remove the others."
        )


def _cells(file, header, lines, required):
    """Yields the cells of some lines after the other, by column."""
    places = [header.index(name) for name in required]
    filled = operator.itemgetter(*places, places[0])
    wrong = []
    while chunk := list(itertools.islice(lines, _CHUNK_SIZE)):
        wrong += [
            number
            for number, cells in chunk
            if len(cells) != len(header) or "" in filled(cells)
        ]
        if not wrong:
            yield dict(zip(header, zip(*(cells for _, cells in chunk))))
    if wrong:
        *others, last = required
        names = f"{', '.join(others)} and {last}" if others else last
        raise ValueError(
            f"Each line of {str(file)!r} needs {len(header)} cells, with "
            f"{names} filled. Wrong lines: {first_few(wrong)}."
        )
