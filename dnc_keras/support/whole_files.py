"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import pathlib
import shutil
import tempfile
import threading
import zipfile

import numpy as np

from dnc_keras.support.paths import expanded
from dnc_keras.support.paths import expanded_path

_FORMULA_STARTS = ("=", "+", "-", "@", "\t")


@contextlib.contextmanager
def whole_file(path, shared=False, sync=True):
    """A context that opens a binary file, to be at `path` when it is whole.

    Args:
        path: of the file, in a folder that exists.
        shared, sync: as in `replaced`.

    Raises:
        OSError: where it cannot be written; the file before is kept.
    """
    with replaced(path, shared, sync) as unfinished:
        with open(unfinished, "wb") as file:
            yield file


@contextlib.contextmanager
def replaced(path, shared=False, sync=True):
    """A context for a writer that wants a path: gives it another one.

    What was written there is renamed to `path` in the end; a process may end,
    or the disk be full, at any moment. The other path is in the same folder,
    hidden, and has the suffix of `path`, by which some writers choose their
    format. A device or pipe at `path`, such as /dev/null, is written into
    then, and stays.

    Args:
        path: of the file, in a folder that exists.
        shared: whether other processes or threads may write the same file at
            the same time.
        sync: whether to wait for the disk, so that the file survives a power
            failure. False saves time for thousands of small files.

    Raises:
        OSError: where it cannot be written; the file before is kept.
    """
    if is_special(path):
        with _copied_into(path) as unfinished:
            yield unfinished
        return
    unfinished = _beside(path, shared)
    try:
        yield unfinished
        if sync:
            _wait_for_disk(unfinished)
        os.replace(unfinished, expanded(path))
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def is_special(path) -> bool:
    """Whether there is a device or pipe, which cannot be replaced."""
    path = expanded(path)
    return os.path.exists(path) and not (
        os.path.isfile(path) or os.path.isdir(path)
    )


@contextlib.contextmanager
def _copied_into(path):
    with tempfile.TemporaryDirectory() as folder:
        unfinished = pathlib.Path(folder, f"output{pathlib.Path(path).suffix}")
        yield unfinished
        with open(unfinished, "rb") as source:
            with open(expanded(path), "wb") as target:
                shutil.copyfileobj(source, target)


def check_writable(path):
    """Raises OSError unless a file could be written at `path`."""
    unfinished = _beside(path, shared=True)
    unfinished.touch()
    unfinished.unlink()


@contextlib.contextmanager
def whole_folder(path):
    """A context that gives a path for a folder, to be `path` when it is whole.

    Args:
        path: of the new folder, in a folder that exists. Other processes may
            write it at the same time: the first to finish keeps the name.

    Raises:
        OSError: where it cannot be written, or `path` is there already.
    """
    unfinished = _beside(path, shared=True)
    try:
        yield unfinished
        os.rename(unfinished, expanded(path))
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _beside(path, shared):
    path = expanded_path(path)
    # If only one writes, the next one overwrites what a kill left.
    own = f"-{os.getpid()}-{threading.get_ident()}" if shared else ""
    return path.with_name(f".{path.stem}.tmp{own}{path.suffix}")


def _wait_for_disk(path):
    with open(path, "r+b") as file:
        os.fsync(file.fileno())


def write_json(path, value):
    """Writes a JSON file, whole or not at all."""
    text = json.dumps(value, indent=2) + "\n"
    with whole_file(path) as file:
        file.write(text.encode())


def write_csv(path, rows, columns=None):
    """Writes dicts as the rows of a CSV file, whole or not at all.

    Args:
        path: of the file.
        rows: a list of dicts; what one lacks stays empty. A text that begins
            as a formula does gets an apostrophe in front.
        columns: a list of their keys. None: all keys, as they come.
    """
    text = io.StringIO()
    if columns is None:
        columns = dict.fromkeys(name for row in rows for name in row)
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(_defused, rows))
    with whole_file(path) as file:
        # Paths may hold bytes that are no UTF-8.
        file.write(text.getvalue().encode("utf-8", "backslashreplace"))


def _defused(row):
    """A row whose texts no spreadsheet takes for formulas."""
    return {name: _defused_cell(value) for name, value in row.items()}


def _defused_cell(value):
    if not isinstance(value, str):
        return value
    # Not quoted by the csv module, but an end of a line for its readers.
    value = value.replace("\r", "\\r")
    return f"'{value}" if value.startswith(_FORMULA_STARTS) else value


def read_json(path):
    """Reads a JSON file."""
    return json.loads(expanded_path(path).read_text(encoding="utf-8"))


def write_npz(path, arrays):
    """Writes a dict of arrays as NumPy's `.npz`, whole or not at all."""
    # `np.savez` leaves the archive open when the disk is full.
    with whole_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(name + ".npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asanyarray(array))
