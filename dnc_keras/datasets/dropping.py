"""Leaves out the files that a person listed, such as wrong labels."""

from __future__ import annotations

import dataclasses
import pathlib
import posixpath

from absl import logging

from dnc_keras.datasets.csv_table import read_table
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.messages import first_few
from dnc_keras.support.paths import expanded_path
from dnc_keras.support.paths import name_within

_COLUMN = "file"


def folder_of(data_dir: str) -> str:
    """The folder that names of files are relative to.

    Args:
        data_dir: a folder, or a file in it, such as a csv.
    """
    path = expanded_path(data_dir)
    return str(path.parent if path.is_file() else path) if data_dir else ""


def drop_files(dataset: Dataset, file: str, data_dir: str = "") -> Dataset:
    """The data set without the files that a list names.

    Their labels are not corrected: a class that a person typed would move
    images between training and test. Correct the data for that.

    Args:
        dataset: the `Dataset`.
        file: a csv file with a column `file`, as the report's page saves it:
            paths relative to `data_dir`, absolute, or as the data set names
            its images. Other columns do not count.
        data_dir: the folder of the data set, or its csv file.

    Returns:
        A `Dataset`, whose `num_dropped` counts them. Names that are not found
        are logged.

    Raises:
        ValueError, OSError: for what is no such list, and for one of which
            nothing is found.
    """
    names = read_table(file, (_COLUMN,), (), {_COLUMN: list})[_COLUMN]
    wanted = {_spelled(name) for name in names}
    folder = folder_of(data_dir)
    found = {}
    for path in (*dataset.train.paths, *dataset.test.paths):
        spellings = {_spelled(path), _spelled(name_within(path, folder))}
        found.update({name: path for name in spellings & wanted})
    _report(file, dataset, sorted(wanted - set(found)), len(wanted))
    paths = set(found.values())
    if not paths:
        return dataset
    return dataclasses.replace(dataset.without(paths), num_dropped=len(paths))


def _spelled(name):
    # As pages write a name that would begin a formula: ./=1.jpg.
    return posixpath.normpath(pathlib.PurePath(name).as_posix())


def _report(file, dataset, missing, num_wanted):
    if not missing:
        return
    what = f"{len(missing)} of {num_wanted} files of {str(file)!r}"
    if len(missing) == num_wanted:
        raise ValueError(
            "drop must list files of the data set, relative to data_dir. "
            f"Received: {what} that are not in {dataset.name}: "
            f"{first_few(missing)}. Correct the list, or leave it out."
        )
    logging.warning(
        "%s are not in %s, so they are not dropped: %s.",
        *(what, dataset.name, first_few(missing)),
    )
