"""Your own images, listed in a csv file."""

from __future__ import annotations

import collections
import csv
import os

import numpy as np

from dnc_keras.datasets.dataset import QUERY_AGAINST_GALLERY
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.dataset import with_roles
from dnc_keras.datasets.image_index import ImageIndex
from dnc_keras.datasets.messages import existing_path
from dnc_keras.datasets.messages import first_few

_REQUIRED = ("path", "label", "split")
_LAYOUT = (
    "your own list, a csv file or a folder with labels.csv, with columns "
    "path,label,split and optional role,camera"
)


def load(data_dir) -> Dataset:
    """Loads the images that a csv file lists.

    Columns, in any order: `path`, relative to the file's folder or absolute;
    `label`, the class, any text; `split`, train or test; optional `role` of
    the test images, query or gallery; optional `camera`, any text.

    Args:
        data_dir: the csv file, or a folder with `labels.csv`.

    Returns:
        A `Dataset`, with `query` and `gallery` where there are roles.
    """
    file = _find_file(data_dir)
    table = _read_table(file)
    _check_values("split", table["split"], ("train", "test"))
    table["path"] = _find_images(file, table["path"])
    is_test = table["split"] == "test"
    train = {name: column[~is_test] for name, column in table.items()}
    test = {name: column[is_test] for name, column in table.items()}
    return Dataset("csv", train=_index(train), **_test_fields(test))


def _find_file(data_dir):
    path = existing_path(data_dir, _LAYOUT)
    file = path / "labels.csv" if path.is_dir() else path
    if not file.is_file():
        raise FileNotFoundError(
            f"No labels.csv in {str(path)!r}. Looked for: {_LAYOUT}."
        )
    return file


def _read_table(file):
    """The columns by name, each a `[num_rows]` object array of str."""
    lines = _read_lines(file)
    header = [name.strip() for name in lines.pop(0)[1]] if lines else []
    _check_header(file, header)
    _check_rows(file, header, lines)
    rows = np.array([cells for _, cells in lines], dtype=object)
    return dict(zip(header, rows.reshape(-1, len(header)).T))


def _read_lines(file):
    """(line number, cells) of each line that is not empty."""
    try:
        # "sig" for the byte order mark that Excel puts first.
        with open(file, encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, skipinitialspace=True)
            return [(reader.line_num, cells) for cells in reader if cells]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(
            f"{str(file)!r} is no csv file in UTF-8: {error}. Save it as one."
        ) from error


def _check_header(file, header):
    missing = [name for name in _REQUIRED if name not in header]
    if missing:
        raise ValueError(
            f"{str(file)!r} needs the columns path,label,split in its first "
            f"line. Missing: {first_few(missing)}. Received: "
            f"{first_few(header) or 'an empty file'}."
        )


def _check_rows(file, header, lines):
    filled = [header.index(name) for name in _REQUIRED]
    wrong = [
        number
        for number, cells in lines
        if len(cells) != len(header) or not all(cells[i] for i in filled)
    ]
    if wrong:
        raise ValueError(
            f"Each line of {str(file)!r} needs {len(header)} cells, with path, "
            f"label and split filled. Wrong lines: {first_few(wrong)}."
        )


def _check_values(column, values, expected):
    received = sorted(set(values))
    if received != sorted(expected):
        raise ValueError(
            f"Column {column} must hold {' and '.join(expected)}, both and "
            f"nothing else. Received: {first_few(received) or 'no lines'}."
        )


def _find_images(file, paths):
    """`[num_rows]` object array of paths that are there, each once."""
    found = [os.path.normpath(os.path.join(file.parent, p)) for p in paths]
    missing = [path for path in found if not os.path.isfile(path)]
    if missing:
        raise FileNotFoundError(
            f"{str(file)!r} names images that do not exist: "
            f"{first_few(missing)}. Paths are relative to the file's folder."
        )
    repeated = [path for path, n in collections.Counter(found).items() if n > 1]
    if repeated:
        raise ValueError(
            f"{str(file)!r} must name each image once. Named more often: "
            f"{first_few(repeated)}."
        )
    return np.array(found, dtype=object)


def _index(table):
    return ImageIndex.from_class_names(
        table["path"],
        table["label"],
        cameras=_number_cameras(table.get("camera", [])),
    )


def _number_cameras(names):
    if not any(names):
        return None
    if not all(names):
        raise ValueError(
            "Column camera must be filled for all images of a split or for "
            f"none. Empty: {list(names).count('')} of {len(names)}."
        )
    return np.unique(names, return_inverse=True)[1].astype(np.int32)


def _test_fields(table):
    """What a `Dataset` says of its test images, by field."""
    roles = table.get("role", [])
    if not any(roles):
        return {"test": _index(table)}
    _check_values("role", roles, ("query", "gallery"))
    return {
        **with_roles(_index(table), roles == "query"),
        "protocol": QUERY_AGAINST_GALLERY,
    }
