"""Files of vectors, and the tables that say what each vector is of."""

from __future__ import annotations

import pathlib
import re

import numpy as np

from dnc_keras.datasets.columns import check_labels
from dnc_keras.datasets.csv_table import read_table
from dnc_keras.datasets.messages import first_few
from dnc_keras.datasets.text_column import TextColumn
from dnc_keras.datasets.vector_files import COLUMNS
from dnc_keras.datasets.vector_files import map_npy
from dnc_keras.datasets.vector_files import map_npz
from dnc_keras.datasets.vector_files import read_npy_column
from dnc_keras.datasets.vector_parquet import read_parquet
from dnc_keras.datasets.vector_rows import VectorRows

_OPENERS = {
    ".npy": lambda file: (map_npy(file), {}),
    ".npz": map_npz,
    ".parquet": read_parquet,
}
# What stands next to X.npy, or once for all files of a folder.
_OWN_TABLES = ("{}.csv", "{}.labels.npy", "{}_labels.npy")
_COMMON_TABLES = ("labels.csv", "labels.npy")


def read_vectors(path: pathlib.Path, layout: str) -> tuple[VectorRows, dict]:
    """Opens the vectors of a file, or of all files of a folder by name.

    Args:
        path: the file or folder.
        layout: what was looked for, for messages.

    Returns:
        (vectors, table): the rows, and a dict of `TextColumn` by name; `id` is
        an object array of str, those that the table has or "FILE:ROW".

    Raises:
        ValueError, OSError: for what is no such file or folder.
    """
    files = _list_files(path, layout)
    shards, tables = zip(*map(_open, files))
    shards = list(map(_checked, files, shards))
    _check_widths(files, shards)
    vectors = VectorRows.of(shards)
    if not any(tables):
        table = _common_table(files, len(vectors))
    else:
        table = _joined(files, shards, tables)
        if path.is_dir() and files[0].suffix == ".npy":
            _check_all_there(path, files)
    if "id" not in table:
        table["id"] = _numbered(files, shards)
    return vectors, table


def _list_files(path, layout):
    files = [path]
    if path.is_dir():
        files = sorted(
            file for file in path.iterdir() if not file.name.startswith(".")
        )
    found = [file for file in files if _is_of_vectors(file)]
    for file in found:
        if not file.is_file():
            raise FileNotFoundError(
                f"{str(file)!r} must be a file of vectors. Received: a folder, "
                "a pipe or a link to nowhere. Write it again, or remove it."
            )
    if not found:
        raise ValueError(f"No vectors in {str(path)!r}. Looked for: {layout}.")
    kinds = sorted({file.suffix for file in found})
    if len(kinds) > 1:
        raise ValueError(
            "A folder of vectors must hold files of one kind. Received: "
            f"{first_few(kinds)} in {str(path)!r}. Keep one kind."
        )
    return found


def _is_of_vectors(file):
    is_table = file.name == "labels.npy" or file.stem.endswith(
        (".labels", "_labels")
    )
    return file.suffix in _OPENERS and not is_table


def _open(file):
    """(array, columns): of one file, or of a table of its own."""
    array, columns = _OPENERS[file.suffix](file)
    return array, columns or _own_table(file)


def _checked(file, array):
    """The array, if it is one of vectors; names its file otherwise."""
    try:
        VectorRows.of(array)
    except ValueError as error:
        raise ValueError(f"{str(file)!r}: {error}") from error
    if not len(array):
        raise ValueError(f"{str(file)!r} holds no vectors. Remove it.")
    return array


def _check_widths(files, shards):
    for file, shard in zip(files, shards):
        if shard.shape[1] != shards[0].shape[1]:
            raise ValueError(
                "All files of vectors must have one width. Received: "
                f"{shards[0].shape[1]} in {files[0].name!r}, {shard.shape[1]} "
                f"in {file.name!r}. Write them with one model."
            )


def _own_table(file):
    return _read_first(
        [file.with_name(name.format(file.stem)) for name in _OWN_TABLES]
    )


def _common_table(files, num_vectors):
    folder = files[0].parent
    table = _read_first([folder / name for name in _COMMON_TABLES])
    if not table:
        names = [name.format(files[0].stem) for name in _OWN_TABLES]
        raise FileNotFoundError(
            f"No labels for the vectors of {str(files[0])!r}. Looked for: "
            f"{', '.join([*names, *_COMMON_TABLES])} next to it."
        )
    _check_lengths(folder, num_vectors, table)
    _check_order(files)
    return table


def _check_order(files):
    """Refuses names whose numbers are in another order than the names."""
    names = [file.name for file in files]
    by_number = sorted(names, key=_by_number)
    for name, other in zip(names, by_number):
        if name != other:
            raise ValueError(
                "Files of vectors with one table are taken by name, so their "
                f"numbers must have one length. Received: {name!r} before "
                f"{other!r}. Fill the numbers with zeros, or write a table for "
                "each file."
            )


def _by_number(name):
    return [int(x) if x.isdecimal() else x for x in re.split(r"(\d+)", name)]


def _read_first(paths):
    """The columns of the one table that is there, or no columns."""
    found = [path for path in paths if path.is_file()]
    if len(found) > 1:
        raise ValueError(
            "Vectors must have one table. Received: "
            f"{first_few(found)}. Keep one of them."
        )
    if not found:
        return {}
    if found[0].suffix == ".npy":
        return {"label": read_npy_column(found[0])}
    table = read_table(found[0], COLUMNS[:1], COLUMNS[1:], {"id": list})
    check_labels(table["label"].values)
    return table


def _joined(files, shards, tables):
    """The rows of all tables, which must have the same columns."""
    for file, shard, table in zip(files, shards, tables):
        if table.keys() != tables[0].keys() or "label" not in table:
            raise ValueError(
                "Each file of vectors needs labels, and the columns that the "
                f"others have. Received: {first_few(sorted(table)) or 'none'} "
                f"for {str(file)!r}, {first_few(sorted(tables[0])) or 'none'} "
                f"for {files[0].name!r}. Add what is missing."
            )
        _check_lengths(file, len(shard), table)
    return {
        name: _join([table[name] for table in tables]) for name in tables[0]
    }


def _check_all_there(folder, files):
    """Refuses the table of a file that is missing."""
    stems = {file.stem for file in files}
    suffixes = tuple(name.format("") for name in _OWN_TABLES)
    for table in sorted(folder.iterdir()):
        name = table.name
        if name in _COMMON_TABLES or not name.endswith(suffixes):
            continue
        if not any(name.removesuffix(end) in stems for end in suffixes):
            raise FileNotFoundError(
                f"{str(table)!r} must stand next to its vectors. Received: no "
                "file of them. Write that file again, or remove the table."
            )


def _join(columns):
    if isinstance(columns[0], TextColumn):
        return TextColumn.joined(columns)
    return np.concatenate(columns)


def _check_lengths(path, num_vectors, table):
    for name, column in table.items():
        if len(column) != num_vectors:
            raise ValueError(
                f"{str(path)!r} must have one {name} for each vector. "
                f"Received: {len(column):,} for {num_vectors:,} vectors. Write "
                "both again."
            )


def _numbered(files, shards):
    """`[num_vectors]` object array of str, such as "X.npy:0"."""
    return np.array(
        [
            f"{file.name}:{row}"
            for file, shard in zip(files, shards)
            for row in range(len(shard))
        ],
        dtype=object,
    )
