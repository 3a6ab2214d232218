"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import pathlib
import zipfile

import numpy as np


@contextlib.contextmanager
def whole_file(path):
    """A context that opens a binary file, to be at `path` when it is whole.

    Until then it has another name beside it; a process may end, or the disk
    be full, at any moment.

    Args:
        path: of the file, in a folder that exists.

    Raises:
        OSError: where it cannot be written; the file before is kept.
    """
    path = pathlib.Path(path)
    unfinished = path.with_name(path.name + ".tmp")
    try:
        with open(unfinished, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def write_json(path, value):
    """Writes a JSON file, whole or not at all."""
    text = json.dumps(value, indent=2) + "\n"
    with whole_file(path) as file:
        file.write(text.encode())


def write_csv(path, rows, columns=None):
    """Writes dicts as the rows of a CSV file, whole or not at all.

    Args:
        path: of the file.
        rows: a list of dicts; what one lacks stays empty.
        columns: a list of their keys. None: all keys, as they come.
    """
    text = io.StringIO()
    if columns is None:
        columns = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with whole_file(path) as file:
        # Paths may hold bytes that are no UTF-8.
        file.write(text.getvalue().encode("utf-8", "backslashreplace"))


def read_json(path):
    """Reads a JSON file."""
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def write_npz(path, arrays):
    """Writes a dict of arrays as NumPy's `.npz`, whole or not at all."""
    # `np.savez` leaves the archive open when the disk is full.
    with whole_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(name + ".npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asanyarray(array))
