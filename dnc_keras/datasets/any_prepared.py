"""Any data set that tensorflow-datasets has prepared, by its name there."""

from __future__ import annotations

import pathlib
import re

import numpy as np

from dnc_keras.datasets.benchmark import Listing
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.downloading import Builder
from dnc_keras.datasets.downloading import import_tensorflow_datasets
from dnc_keras.datasets.labeled_columns import CLASS
from dnc_keras.datasets.labeled_columns import IMAGE
from dnc_keras.datasets.labeled_columns import INTEGER
from dnc_keras.datasets.labeled_columns import OTHER
from dnc_keras.datasets.labeled_columns import TEXT
from dnc_keras.datasets.labeled_columns import Column
from dnc_keras.datasets.labeled_columns import choose_image
from dnc_keras.datasets.labeled_columns import choose_label
from dnc_keras.datasets.labeled_columns import labeled
from dnc_keras.datasets.labeled_columns import number_classes
from dnc_keras.datasets.messages import existing_path
from dnc_keras.datasets.prepared import newest_version
from dnc_keras.datasets.prepared import open_prepared
from dnc_keras.datasets.prepared import read_examples
from dnc_keras.datasets.zero_shot import ZeroShot
from dnc_keras.support.paths import expanded_path

_NAME = re.compile(r"(\w+)(?:/([\w.+-]+))?(?::(\d+\.\d+\.\d+))?")

# By the kind of NumPy's type; those of text are objects.
_KINDS = {"i": INTEGER, "u": INTEGER, "O": TEXT, "S": TEXT, "U": TEXT}


def load(
    name: str,
    data_dir=None,
    image_column: str = "",
    label_column: str = "",
    download: bool = False,
    **rules,
) -> Dataset:
    """Loads a data set of images with labels, whose images stay where they are.

    Args:
        name: NAME, NAME/CONFIG, NAME:VERSION or NAME/CONFIG:VERSION. Without a
            version, the newest that is there.
        data_dir: the data_dir of tensorflow-datasets, or the folder of the set.
        image_column: the feature with the images. "", the default: the only
            one.
        label_column: the feature with the classes. "", the default: the only
            `ClassLabel`, or the only integer or text that is called label, or
            the like.
        download: whether tensorflow-datasets may fetch and prepare it.
        **rules: the fields of `ZeroShot`.

    Returns:
        A `Dataset`.

    Raises:
        ValueError, OSError: where it is not there, has no such features, or
            damaged files; as `ZeroShot.divide`.
    """
    info = open_prepared(_find(name, data_dir, download))
    columns = {key: _column(value) for key, value in info.features.items()}
    image = choose_image(columns, image_column, name)
    label = choose_label(columns, label_column, name)
    examples = read_examples(info, image, label)
    ids, class_names = _classes(columns[label], examples.labels)
    listing = Listing(
        *(examples.paths, ids, np.array(examples.splits, object)),
        *(class_names, examples.contents),
    )
    listing = labeled(listing, name)
    source = f"{info.full_name} as prepared by tensorflow-datasets"
    return ZeroShot(**rules).divide(f"tfds:{name}", listing, source)


def _find(name, data_dir, download) -> pathlib.Path:
    match = _NAME.fullmatch(name)
    if not match:
        raise ValueError(
            "A data set of tensorflow-datasets must be named NAME, "
            f"NAME/CONFIG or NAME/CONFIG:VERSION. Received: {name!r}."
        )
    builder, config, version = (part or "" for part in match.groups())
    if download and data_dir:
        expanded_path(data_dir).mkdir(parents=True, exist_ok=True)
    root = existing_path(data_dir, f"{builder}/ as tensorflow-datasets has it")
    for place in (root, root / builder):
        # The folder of a version, below that of a configuration, is deep.
        if place.is_dir() and (
            folder := newest_version(place, builder, config, version)
        ):
            return folder
    if download:
        catalog = "https://www.tensorflow.org/datasets/catalog"
        Builder(name).download_and_prepare(root, f"See {catalog}/{builder}.")
        return _find(name, data_dir, False)
    raise FileNotFoundError(
        f"{name} must be prepared by tensorflow-datasets. Received: "
        f"data_dir={str(data_dir)!r} without it. Prepare it there, or let "
        "--download try."
    )


def _column(feature):
    features = import_tensorflow_datasets("dataset=tfds:").features
    if isinstance(feature, features.ClassLabel):
        return Column(CLASS, feature.names)
    if isinstance(feature, features.Image):
        return Column(IMAGE)
    if isinstance(feature, features.Tensor) and feature.shape == ():
        return Column(_KINDS.get(np.dtype(feature.np_dtype).kind, OTHER))
    return Column(OTHER)


def _classes(column, values):
    """Class ids and names; -1 of a `ClassLabel` is no label."""
    if column.class_names is None:
        return number_classes(values)
    values = [value if value >= 0 else None for value in values]
    return number_classes(values, lambda value: column.class_names[value])
