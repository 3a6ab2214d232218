"""The annotations of CARS196: MATLAB files with an array of structs."""

from __future__ import annotations

import pathlib

import numpy as np
from scipy.io import loadmat


def read_annotations(
    file: pathlib.Path, path_field: str
) -> tuple[list[str], list[int]]:
    """Reads which image is of which class.

    Args:
        file: a .mat file with the struct array `annotations`.
        path_field: the field that names the image.

    Returns:
        (paths, class_ids), one of each for each image.

    Raises:
        ValueError: for a damaged file, or without these fields.
    """
    rows = _load(file, "annotations")
    try:
        paths = [str(cell.item()) for cell in rows[path_field]]
        return paths, [int(cell.item()) for cell in rows["class"]]
    except (ValueError, IndexError) as error:
        raise ValueError(
            f"The annotations of {str(file)!r} must have {path_field} and "
            f"class. Received: {error}. Get the official file."
        ) from error


def read_class_names(file: pathlib.Path) -> dict[int, str]:
    """Reads the names of the classes, by class id from 1.

    Args:
        file: a .mat file with the cell array `class_names`.

    Returns:
        The name of each class id.

    Raises:
        ValueError: for a damaged file, or without the names.
    """
    cells = _load(file, "class_names")
    return {number: str(cell.item()) for number, cell in enumerate(cells, 1)}


def _load(file, name) -> np.ndarray:
    try:
        return loadmat(file, variable_names=[name])[name].ravel()
    except Exception as error:  # SciPy has no common one for damaged files.
        raise ValueError(
            f"{str(file)!r} must be a MATLAB file with {name}. Received: "
            f"{type(error).__name__}: {error}. Download it again."
        ) from error
