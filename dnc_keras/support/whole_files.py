"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import json
import os
import pathlib
import shutil
import tempfile
import zipfile

import numpy as np

from dnc_keras.support.cells import defused
from dnc_keras.support.full_disk import explained
from dnc_keras.support.hidden_folders import hidden_folder
from dnc_keras.support.json_text import json_text
from dnc_keras.support.paths import expanded
from dnc_keras.support.paths import expanded_path


@contextlib.contextmanager
def whole_file(path):
    """A context that opens a binary file, to be at `path` when it is whole.

    Args:
        path: of the file, in a folder that exists.

    Raises:
        OSError: where it cannot be written; the file before is kept.
    """
    with replaced(path) as unfinished:
        with open(unfinished, "wb") as file:
            yield file


@contextlib.contextmanager
def replaced(path):
    """A context for a writer that wants a path: gives it another one.

    What was written there is renamed to `path` in the end; a process may end,
    or the disk be full, at any moment, and several may write the same file.
    The other path has the name of `path`, by which some writers choose their
    format, in a hidden folder next to it. A device or pipe at `path`, such as
    /dev/null, is written into then, and stays.

    Args:
        path: of the file, in a folder that exists.

    Raises:
        OSError: where it cannot be written; the file before is kept.
    """
    path = expanded_path(path)
    if is_special(path):
        with explained(path), _copied_into(path) as unfinished:
            yield unfinished
        return
    with explained(path), hidden_folder(path) as folder:
        unfinished = folder / path.name
        yield unfinished
        # A power failure leaves the one file or the other.
        _wait_for_disk(unfinished)
        os.replace(unfinished, path)
        _wait_for_disk(path.parent)


def is_special(path) -> bool:
    """Whether there is a device or pipe, which cannot be replaced.

    Also the file that a shell has redirected the output to, which is there by
    names such as /dev/stdout.
    """
    path = expanded(path)
    if os.path.islink(path) and os.readlink(path).startswith("/proc/"):
        return True
    return os.path.exists(path) and not (
        os.path.isfile(path) or os.path.isdir(path)
    )


@contextlib.contextmanager
def _copied_into(path):
    with tempfile.TemporaryDirectory() as folder:
        unfinished = pathlib.Path(folder, f"output{path.suffix}")
        yield unfinished
        with open(unfinished, "rb") as source, open(path, "wb") as target:
            shutil.copyfileobj(source, target)


def check_writable(path):
    """Raises OSError unless a file could be written at `path`."""
    path = expanded_path(path)
    if path.is_dir():
        code = errno.EISDIR
        raise OSError(code, os.strerror(code), str(path))
    with hidden_folder(path) as folder:
        (folder / path.name).touch()


@contextlib.contextmanager
def whole_folder(path):
    """A context that gives a path for a folder, to be `path` when it is whole.

    Args:
        path: of the new folder, in a folder that exists. Other processes may
            write it at the same time: the first to finish keeps the name.

    Raises:
        OSError: where it cannot be written, or `path` is there already.
    """
    path = expanded_path(path)
    with explained(path), hidden_folder(path) as folder:
        unfinished = folder / path.name
        yield unfinished
        for place, _, files in os.walk(unfinished):
            for entry in (*files, ""):
                _wait_for_disk(os.path.join(place, entry))
        os.rename(unfinished, path)
        _wait_for_disk(path.parent)


def _wait_for_disk(path):
    """Waits until a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Of file systems that do not sync folders.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def write_text(path, text):
    r"""Writes text as UTF-8, whole or not at all.

    Names of files may hold bytes that are no UTF-8: they become `\udc..`.
    """
    with whole_file(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def write_json(path, value):
    """Writes a JSON file, whole or not at all, as `json_text` makes it."""
    write_text(path, json_text(value, indent=2) + "\n")


def write_csv(path, rows, columns=None):
    """Writes dicts as the rows of a CSV file, whole or not at all.

    Args:
        path: of the file.
        rows: a list of dicts; what one lacks stays empty. Texts, those of
            keys, too, are `defused`.
        columns: a list of their keys. None: all keys, as they come.
    """
    text = io.StringIO()
    if columns is None:
        columns = dict.fromkeys(name for row in rows for name in row)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(_cell, columns))
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in columns])
    write_text(path, text.getvalue())


def _cell(value):
    value = defused(value)
    # Not quoted by the csv module, but an end of a line for its readers.
    return value.replace("\r", "\\r") if isinstance(value, str) else value


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
