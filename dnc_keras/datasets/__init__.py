"""Data sets by name: which images there are, never their pixels."""

from __future__ import annotations

from dnc_keras.datasets import cars196
from dnc_keras.datasets import csv_file
from dnc_keras.datasets import cub200_2011
from dnc_keras.datasets import digits
from dnc_keras.datasets import folder
from dnc_keras.datasets import in_shop
from dnc_keras.datasets import omniglot
from dnc_keras.datasets import stanford_online_products
from dnc_keras.datasets import vectors
from dnc_keras.datasets import vehicle_id
from dnc_keras.datasets.cache import with_cache
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.image_index import ImageIndex
from dnc_keras.datasets.similar_names import warn_of_similar
from dnc_keras.datasets.vector_rows import VectorRows

__all__ = [
    "ARCHIVED",
    "DOWNLOADABLE",
    "Dataset",
    "ImageIndex",
    "VectorRows",
    "load",
    "with_cache",
]

# What tensorflow-datasets can fetch and prepare.
DOWNLOADABLE = ("cars196", "cub200_2011", "stanford_online_products")
# What is read from the archives that it was published in.
ARCHIVED = (*DOWNLOADABLE, "in_shop", "vehicle_id")

LOADERS = {
    "digits": digits.load,
    "omniglot": omniglot.load,
    "cars196": cars196.load,
    "cub200_2011": cub200_2011.load,
    "stanford_online_products": stanford_online_products.load,
    "in_shop": in_shop.load,
    "vehicle_id": vehicle_id.load,
    "folder": folder.load,
    "csv": csv_file.load,
    "vectors": vectors.load,
}


def load(name: str, data_dir=None, **options) -> Dataset:
    """Loads a data set by name.

    Args:
        name: digits, omniglot, cars196, cub200_2011,
            stanford_online_products, in_shop, vehicle_id, folder, csv or
            vectors.
        data_dir: where its files are; each loader's module says in which
            layout. None, the default, is enough for the digits only.
        **options: what else the loader takes: `test_fraction`,
            `test_classes` and `seed` for `folder` and `vectors`;
            `test_list` and `protocol` for `vehicle_id`; `download` for those
            in `DOWNLOADABLE`; `max_unpacked_gb` for those in `ARCHIVED`.

    Returns:
        A `Dataset`.

    Example:

    >>> load("digits").train.num_classes
    5
    """
    if name not in LOADERS:
        raise ValueError(
            f"No data set has this name. Received: {name!r}. "
            f"Names: {', '.join(LOADERS)}."
        )
    dataset = LOADERS[name](data_dir, **options)
    warn_of_similar(dataset.train.class_names + dataset.test.class_names)
    return dataset
