"""Your own images, listed in a csv file, of millions of rows if need be."""

from __future__ import annotations

import functools

from dnc_keras.datasets.columns import check_labels
from dnc_keras.datasets.columns import split_by_column
from dnc_keras.datasets.csv_table import read_table
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.files import are_files
from dnc_keras.datasets.files import join_paths
from dnc_keras.datasets.messages import existing_path
from dnc_keras.datasets.messages import first_few
from dnc_keras.datasets.repeated_files import repeated_files

_REQUIRED = ("path", "label", "split")
_OPTIONAL = ("role", "camera")
_LAYOUT = (
    "your own list, a csv file or a folder with labels.csv, with columns "
    "path,label,split and optional role,camera"
)


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
    join = functools.partial(join_paths, file.parent)
    table = read_table(file, _REQUIRED, _OPTIONAL, {"path": join})
    check_labels(table["label"].values)
    paths = table.pop("path")
    _check_files(file, paths)
    return Dataset("csv", **split_by_column(paths, table))


def _find_file(data_dir):
    path = existing_path(data_dir, _LAYOUT, may_be_file=True)
    file = path / "labels.csv" if path.is_dir() else path
    if not file.is_file():
        raise FileNotFoundError(
            f"No labels.csv in {str(path)!r}. Looked for: {_LAYOUT}."
        )
    return file


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
