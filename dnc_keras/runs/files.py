"""Reads the files of a run, each of which names the version of its format."""

from __future__ import annotations

import json
import pathlib

import numpy as np

from dnc_keras.support.damage import reading
from dnc_keras.support.formats import unstamped
from dnc_keras.support.whole_files import read_json
from dnc_keras.support.zip_bounds import check_unpacked

# The numbers of a result, by name; null is NaN, a list an interval.
_TABLES = ("before", "intervals", "last", "seconds", "test", "validation")
_REMEDY = "Restore the file, or train again."


def read_object(path) -> dict:
    """Reads a JSON file that holds an object.

    Raises:
        OSError: if the file is not there.
        ValueError: if it does not hold an object.
    """
    with reading(path, "a file of JSON", _REMEDY):
        found = read_json(path)
    if not isinstance(found, dict):
        raise ValueError(
            f"{path} must hold a JSON object. Received: "
            f"{type(found).__name__}. {_REMEDY}"
        )
    return unstamped(path, found)[0]


def check_result(path, result: dict):
    """Raises ValueError unless a result has tables where it should.

    Args:
        path: of its file, for the message.
        result: what the file holds.
    """
    wrong = [name for name in _TABLES if not _is_table(result.get(name, {}))]
    if not isinstance(result.get("selected_epoch"), (int, type(None))):
        wrong.append("selected_epoch")
    if wrong:
        raise ValueError(
            f"{path} must hold numbers as {wrong[0]}. Received: "
            f"{result[wrong[0]]!r:.50}. {_REMEDY}"
        )


def _is_table(value):
    kinds = (int, float, list, type(None))
    return isinstance(value, dict) and all(
        isinstance(entry, kinds) for entry in value.values()
    )


def read_lines(path) -> tuple[list[dict], list[int]]:
    """Reads a file of JSON objects, one a line.

    Returns:
        (objects, broken): those that are whole, and the numbers of the lines
        that are not, from 1 on.

    Raises:
        OSError: if the file is not there.
    """
    lines = pathlib.Path(path).read_bytes().splitlines()
    found = [_parsed(line) for line in lines]
    whole = unstamped(path, *(line for line in found if line is not None))
    return whole, [n for n, line in enumerate(found, 1) if line is None]


def read_arrays(path) -> dict:
    """Reads all arrays of a `.npz` file, which checks all of it.

    Raises:
        OSError: if the file is not there.
        ValueError: if it is not a whole file of arrays.
    """
    # NumPy leaves a file open that is not an archive.
    with open(path, "rb") as opened, reading(path, "a whole .npz", _REMEDY):
        with np.load(opened) as file:
            check_unpacked(file.zip, opened)
            arrays = {name: file[name] for name in file.files}
    return unstamped(path, arrays)[0]


def _parsed(line):
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
