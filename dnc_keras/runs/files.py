"""Reads the files of a run, each of which names the version of its format."""

from __future__ import annotations

import json
import pathlib
import zipfile
import zlib

import numpy as np

from dnc_keras.support.formats import unstamped
from dnc_keras.support.whole_files import read_json

# What NumPy and zipfile raise for files that are not whole.
BROKEN = (ValueError, KeyError, EOFError, zlib.error)
BROKEN += (zipfile.BadZipFile, NotImplementedError)


def read_object(path) -> dict:
    """Reads a JSON file that holds an object.

    Raises:
        OSError: if the file is not there.
        ValueError: if it does not hold an object.
    """
    try:
        found = read_json(path)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path} must hold JSON. Received: {error}. Restore the file, or "
            "train again."
        ) from error
    if not isinstance(found, dict):
        raise ValueError(
            f"{path} must hold a JSON object. Received: "
            f"{type(found).__name__}. Restore the file, or train again."
        )
    return unstamped(path, found)[0]


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
    try:
        # NumPy leaves a file open that is not an archive.
        with open(path, "rb") as opened, np.load(opened) as file:
            arrays = {name: file[name] for name in file.files}
    except BROKEN as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    return unstamped(path, arrays)[0]


def _parsed(line):
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
