"""Your own images, listed in a csv file, of millions of rows if need be."""

from __future__ import annotations

import array
import itertools
import operator

import numpy as np
from absl import logging

from dnc_keras.datasets.csv_lines import DELIMITERS
from dnc_keras.datasets.csv_lines import read_lines
from dnc_keras.datasets.dataset import QUERY_AGAINST_GALLERY
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.dataset import with_roles
from dnc_keras.datasets.files import are_files
from dnc_keras.datasets.files import join_paths
from dnc_keras.datasets.image_index import ImageIndex
from dnc_keras.datasets.messages import existing_path
from dnc_keras.datasets.messages import first_few
from dnc_keras.datasets.repeated_files import repeated_files
from dnc_keras.datasets.similar_names import warn_of_similar
from dnc_keras.datasets.text_column import TextColumn

_REQUIRED = ("path", "label", "split")
_OPTIONAL = ("role", "camera")
_LAYOUT = (
    "your own list, a csv file or a folder with labels.csv, with columns "
    "path,label,split and optional role,camera"
)
# Lines that are held as lists at a time: so few that Python's garbage
# collector stays asleep, which would visit all objects of TensorFlow.
_CHUNK_SIZE = 256


def load(data_dir) -> Dataset:
    """Loads the images that a csv file lists.

    Columns, in any order: `path`, relative to the file's folder or absolute,
    with `~` for the home folder; `label`, the class, any text; `split`, train
    or test; optional `role` of the test images, query or gallery; optional
    `camera`, any text, which counts where there are roles. Commas, semicolons
    or tabs divide them; blanks around a cell, also those that have no width,
    and the case of a column's name do not count.

    Args:
        data_dir: the csv file, or a folder with `labels.csv`.

    Returns:
        A `Dataset`, with `query` and `gallery` where there are roles.

    Raises:
        ValueError, OSError: for what is no such file, with the numbers of the
            wrong lines; for an image that is not there, or there twice, by
            whatever spelling of its path or through links.
    """
    file = _find_file(data_dir)
    paths, table = _read_table(file)
    _check_labels(table["label"].values)
    split = table.pop("split")
    _check_values("split", split, ("train", "test"))
    _check_files(file, paths)
    is_test = split.equals("test")
    test = _rows(table, is_test)
    return Dataset(
        "csv",
        train=_index(paths[~is_test], _rows(table, ~is_test)),
        **_test_fields(_index(paths[is_test], test), test.get("role")),
    )


def _find_file(data_dir):
    path = existing_path(data_dir, _LAYOUT, may_be_file=True)
    file = path / "labels.csv" if path.is_dir() else path
    if not file.is_file():
        raise FileNotFoundError(
            f"No labels.csv in {str(path)!r}. Looked for: {_LAYOUT}."
        )
    return file


def _read_table(file):
    """`[num_rows]` object array of paths, and the other columns by name."""
    header, lines = _open(file)
    paths, columns = [], _empty_columns(header)
    for cells in _cells(file, header, lines):
        paths += join_paths(file.parent, cells["path"])
        for name, (numbers, codes) in columns.items():
            codes.extend(
                [numbers.setdefault(x, len(numbers)) for x in cells[name]]
            )
    return np.array(paths, dtype=object), {
        name: TextColumn(list(numbers), np.frombuffer(codes, np.int32))
        for name, (numbers, codes) in columns.items()
    }


def _empty_columns(header):
    """The number of each text, and the growing numbers of the rows."""
    names = [name for name in _REQUIRED + _OPTIONAL if name in header]
    return {name: ({}, array.array("i")) for name in names if name != "path"}


def _open(file):
    """(header, lines): names of the columns, and the other lines."""
    for delimiter in DELIMITERS:
        lines = read_lines(file, delimiter)
        received = next(lines, (0, []))[1]
        header = [name.casefold() for name in received]
        if set(_REQUIRED) <= set(header):
            _check_names(file, header)
            return header, lines
    _refuse_header(file)


def _refuse_header(file):
    received = next(read_lines(file, DELIMITERS[0]), (0, []))[1]
    names = {name.casefold() for name in received}
    missing = [name for name in _REQUIRED if name not in names]
    raise ValueError(
        f"{str(file)!r} needs the columns path,label,split in its first line, "
        f"divided by commas, semicolons or tabs. Missing: {first_few(missing)}."
        f" Received: {first_few(received) or 'an empty file'}."
    )


def _check_names(file, header):
    names = (*_REQUIRED, *_OPTIONAL)
    repeated = [name for name in names if header.count(name) > 1]
    if repeated:
        raise ValueError(
            f"{str(file)!r} must name each column once. Named more often: "
            f"{first_few(repeated)}. Rename or remove the others."
        )


def _cells(file, header, lines):
    """Yields the cells of some lines after the other, by column."""
    filled = operator.itemgetter(*map(header.index, _REQUIRED))
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
        raise ValueError(
            f"Each line of {str(file)!r} needs {len(header)} cells, with path, "
            f"label and split filled. Wrong lines: {first_few(wrong)}."
        )


def _check_labels(labels):
    """Refuses rows that an unclosed quote makes a part of a label."""
    wrong = [x for x in labels if "\n" in x and set(x) & set(DELIMITERS)]
    if wrong:
        raise ValueError(
            "A label must not hold other rows. Received: "
            f"{first_few(wrong, limit=3)}. Close its quote."
        )


def _check_values(name, column, expected):
    received = column.distinct()
    if received != sorted(expected):
        raise ValueError(
            f"Column {name} must hold {' and '.join(expected)}, both and "
            f"nothing else. Received: {first_few(received) or 'no lines'}."
        )


def _check_files(file, paths):
    missing = paths[~are_files(paths)]
    if len(missing):
        raise FileNotFoundError(
            f"{str(file)!r} names images that do not exist: "
            f"{first_few(missing)}. Paths are relative to the file's folder."
        )
    repeated = repeated_files(paths)
    if repeated:
        raise ValueError(
            f"{str(file)!r} must name each image once. Named more often: "
            f"{first_few(repeated)}."
        )


def _rows(table, is_in):
    return {name: column[is_in] for name, column in table.items()}


def _index(paths, table):
    class_names, labels = table["label"].numbered()
    cameras = _number_cameras(table.get("camera"))
    return ImageIndex(paths, labels, class_names, cameras=cameras)


def _number_cameras(column):
    if column is None or column.distinct() == [""]:
        return None
    num_empty = column.count("")
    if num_empty:
        raise ValueError(
            "Column camera must be filled for all images of a split or for "
            f"none. Empty: {num_empty} of {len(column)}."
        )
    warn_of_similar(column.distinct(), "Cameras")
    return column.numbered()[1]


def _test_fields(test, roles):
    """What a `Dataset` says of its test images, by field."""
    if roles is None or roles.distinct() == [""]:
        if test.cameras is not None:
            logging.warning(
                "Column camera is not used: it tells which images of the "
                "gallery a query ignores, and column role names neither."
            )
        return {"test": test}
    _check_values("role", roles, ("query", "gallery"))
    return {
        **with_roles(test, roles.equals("query")),
        "protocol": QUERY_AGAINST_GALLERY,
    }
