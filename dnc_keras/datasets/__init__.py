"""Data sets by name: which images there are, never their pixels."""

from __future__ import annotations

from dnc_keras.datasets import csv_file
from dnc_keras.datasets import digits
from dnc_keras.datasets import folder
from dnc_keras.datasets import omniglot
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.image_index import ImageIndex

__all__ = ["Dataset", "ImageIndex", "load"]

_LOADERS = {
    "digits": digits.load,
    "omniglot": omniglot.load,
    "folder": folder.load,
    "csv": csv_file.load,
}
_LATER = (
    "cars196",
    "cub200_2011",
    "stanford_online_products",
    "in_shop",
    "vehicle_id",
)


def load(name: str, data_dir=None, **options) -> Dataset:
    """Loads a data set by name.

    Args:
        name: digits, omniglot, folder or csv.
        data_dir: where its files are; each loader's module says in which
            layout. None, the default, is enough for the digits only.
        **options: what else the loader takes: `test_fraction`,
            `test_classes` and `seed` for `folder`.

    Returns:
        A `Dataset`.

    Example:

    >>> load("digits").train.num_classes
    5
    """
    if name in _LATER:
        raise ValueError(
            f"The loader of {name} is not part of this version. Class folders "
            "of it load with --dataset=folder, lists of files with "
            "--dataset=csv."
        )
    if name not in _LOADERS:
        raise ValueError(
            f"No data set has this name. Received: {name!r}. "
            f"Names: {', '.join(_LOADERS)}."
        )
    return _LOADERS[name](data_dir, **options)
