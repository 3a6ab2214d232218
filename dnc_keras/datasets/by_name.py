"""Loads data sets by their names."""

from __future__ import annotations

import functools

from dnc_keras.datasets import any_prepared
from dnc_keras.datasets import cars196
from dnc_keras.datasets import csv_file
from dnc_keras.datasets import cub200_2011
from dnc_keras.datasets import digits
from dnc_keras.datasets import folder
from dnc_keras.datasets import hugging_face
from dnc_keras.datasets import in_shop
from dnc_keras.datasets import omniglot
from dnc_keras.datasets import own_function
from dnc_keras.datasets import stanford_online_products
from dnc_keras.datasets import vectors
from dnc_keras.datasets import vehicle_id
from dnc_keras.datasets import webdataset
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.similar_names import warn_of_similar
from dnc_keras.support.own_code import names_own_code

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
    "webdataset": webdataset.load,
}
# What the name of a data set may begin with, and a colon.
PREFIXES = {"hf": hugging_face.load, "tfds": any_prepared.load}


def names_own_function(name: str) -> bool:
    """Whether a data set is made by a function of the user's, which is run.

    >>> names_own_function("shop.data:load"), names_own_function("hf:beans")
    (True, False)
    """
    return _prefix(name) not in PREFIXES and names_own_code(name)


def divides_classes(name: str) -> bool:
    """Whether the loader of a data set takes the fields of `ZeroShot`."""
    return ":" in name or name == "webdataset"


def _prefix(name):
    return name.partition(":")[0] if ":" in name else ""


def _loader(name):
    if name in LOADERS:
        return LOADERS[name]
    prefix, _, rest = name.partition(":")
    if rest and prefix in PREFIXES:
        return functools.partial(PREFIXES[prefix], rest)
    if names_own_function(name):
        return functools.partial(own_function.load, name)
    raise ValueError(
        f"No data set has this name. Received: {name!r}. Names: "
        f"{', '.join(LOADERS)}, hf:NAME_OR_PATH, tfds:NAME, "
        "package.module:function."
    )


def load(name: str, data_dir=None, **options) -> Dataset:
    """Loads a data set by name.

    Args:
        name: digits, omniglot, cars196, cub200_2011,
            stanford_online_products, in_shop, vehicle_id, folder, csv, vectors
            or webdataset; "hf:NAME_OR_PATH" of Hugging Face; "tfds:NAME" of
            tensorflow-datasets; or "package.module:function", the user's own,
            which is imported and called.
        data_dir: where its files are; each loader's module says in which
            layout. None, the default, is enough for the digits, `hf:` and own
            functions only.
        **options: what else the loader takes: `test_fraction`,
            `test_classes` and `seed` for `folder`, `vectors` and the last four
            kinds, for these also `split`; `image_column` and `label_column`
            for `hf:` and `tfds:`, the latter also for `webdataset`;
            `test_list` and `protocol` for `vehicle_id`; `download` for those
            in `DOWNLOADABLE`, `hf:` and `tfds:`; `max_unpacked_gb` for those
            in `ARCHIVED`.

    Returns:
        A `Dataset`.

    Example:

    >>> load("digits").train.num_classes
    5
    """
    dataset = _loader(name)(data_dir, **options)
    warn_of_similar(dataset.train.class_names + dataset.test.class_names)
    return dataset
