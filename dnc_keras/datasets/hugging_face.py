"""Data sets of Hugging Face on disk, whose images are read where they are."""

from __future__ import annotations

import numpy as np

from dnc_keras.datasets.arrow_images import read_columns
from dnc_keras.datasets.arrow_images import read_rows
from dnc_keras.datasets.benchmark import Listing
from dnc_keras.datasets.contents import ByteRanges
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.files import are_files
from dnc_keras.datasets.hugging_face_files import find_in_cache
from dnc_keras.datasets.hugging_face_files import find_in_folder
from dnc_keras.datasets.labeled_columns import choose_image
from dnc_keras.datasets.labeled_columns import choose_label
from dnc_keras.datasets.labeled_columns import labeled
from dnc_keras.datasets.labeled_columns import number_classes
from dnc_keras.datasets.messages import first_few
from dnc_keras.datasets.zero_shot import ZeroShot
from dnc_keras.support.paths import expanded_path
from dnc_keras.support.progress import track


def load(
    name: str,
    data_dir=None,
    image_column: str = "",
    label_column: str = "",
    download: bool = False,
    **rules,
) -> Dataset:
    """Loads a folder, or a data set in the cache of `datasets`.

    Nothing is decoded or copied: images are pieces of Arrow files. Parquet
    files are written as Arrow into the cache of `datasets` first, once.

    Args:
        name: the path of a folder that `save_to_disk` wrote or that holds
            parquet files; or OWNER/NAME in the cache, with ":CONFIG" where
            there are several.
        data_dir: what a path is relative to, or the cache. None, the default:
            the current folder, and the cache of `datasets`. A folder of the
            same last name in it is found also where `name` was elsewhere.
        image_column: the column of the images. "", the default: the only one.
        label_column: the column of the classes. "", the default: the only
            `ClassLabel`, or the only integer or text that is called label, or
            the like.
        download: whether `datasets` may fetch it from the Hub.
        **rules: the fields of `ZeroShot`.

    Returns:
        A `Dataset`.

    Raises:
        ValueError, OSError: where it is not there, has no such columns, lacks
            images or labels, or is damaged; as `ZeroShot.divide`.
    """
    folder = _folder(name, data_dir)
    if folder is not None:
        source, files = find_in_folder(folder)
    else:
        cache = expanded_path(data_dir) if data_dir else None
        source, files = find_in_cache(name, cache, download)
    columns = read_columns(str(files[0].file))
    image = choose_image(columns, image_column, f"hf:{name}")
    label = choose_label(columns, label_column, f"hf:{name}")
    listing = _list(name, files, image, label, columns[label].class_names)
    listing = labeled(listing, f"hf:{name}")
    return ZeroShot(**rules).divide(f"hf:{name}", listing, source)


def _folder(name, data_dir):
    """The folder of that name, or None."""
    path = expanded_path(name)
    if data_dir:
        root = expanded_path(data_dir)
        candidates = [root / path, root / path.name]
    else:
        candidates = [path]
    return next((path for path in candidates if path.is_dir()), None)


def _list(name, files, image, label, class_names) -> Listing:
    tracked = track(files, f"Finding the images of {name}", len(files))
    parts = [read_rows(str(part.file), image, label) for part in tracked]
    labels = [value for rows in parts for value in rows.labels]
    if class_names:
        labels = [_of_class(value, class_names) for value in labels]
    ids, names = number_classes(
        labels, class_names.__getitem__ if class_names else str
    )
    counts = [len(rows.labels) for rows in parts]
    splits = np.array([part.split for part in files], object)
    paths, contents = _images(name, files, parts, counts)
    return Listing(paths, ids, np.repeat(splits, counts), names, contents)


def _of_class(value, class_names):
    """The label, or None where there is none: null, or -1."""
    if value is None or value == -1:
        return None
    if not 0 <= value < len(class_names):
        raise ValueError(
            f"A class must be 0 to {len(class_names) - 1}, as its names say. "
            f"Received: {value}. Save the data set again."
        )
    return value


def _images(name, files, parts, counts):
    """Paths and contents: in the Arrow files, or all of them files."""
    lengths = np.concatenate([rows.lengths for rows in parts])
    own = [path for rows in parts for path in rows.paths]
    if len(lengths) and (lengths < 0).all() and all(own):
        return _own_files(name, own), None
    missing = int((lengths <= 0).sum())
    if missing:
        raise ValueError(
            f"Every row of hf:{name} needs an image. Received: {missing} of "
            f"{len(lengths)} without. Remove them with `filter`, and save the "
            "data set again."
        )
    paths = [
        "/".join(filter(None, (part.split, part.file.name, str(row))))
        for part, count in zip(files, counts)
        for row in range(count)
    ]
    return paths, ByteRanges(
        [str(part.file) for part in files],
        np.repeat(np.arange(len(files)), counts),
        np.concatenate([rows.offsets for rows in parts]),
        lengths,
    )


def _own_files(name, paths):
    there = are_files(paths)
    if not there.all():
        missing = np.array(paths, object)[~there]
        raise FileNotFoundError(
            f"hf:{name} holds paths of images. Not there: "
            f"{first_few(missing, limit=3)}. Save it with its images: "
            "save_to_disk embeds them."
        )
    return paths
