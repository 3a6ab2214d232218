"""Images in tar files, as WebDataset has them, read where they are."""

from __future__ import annotations

import os

import numpy as np

from dnc_keras.datasets.benchmark import Listing
from dnc_keras.datasets.contents import ByteRanges
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.labeled_columns import number_classes
from dnc_keras.datasets.messages import existing_path
from dnc_keras.datasets.own_splits import check_complete
from dnc_keras.datasets.own_splits import split_of
from dnc_keras.datasets.tar_samples import TarSamples
from dnc_keras.datasets.zero_shot import ZeroShot
from dnc_keras.support.special_files import special_kind

_LAYOUT = (
    "a .tar, or a folder of .tar files, with KEY.jpg or KEY.png, and KEY.cls, "
    "KEY.json or KEY.txt for its label"
)


def load(data_dir, label_column: str = "", **rules) -> Dataset:
    """Loads images and labels of the same key; the images are read later.

    A key is a member's name up to the first dot. Keys without an image, or
    without a label, are left out with a warning that counts them.

    Args:
        data_dir: a .tar, or a folder of .tar files, also in folders of it.
            A file that begins with train, test or val, or whose folder does,
            is of that split of the set.
        label_column: as in `TarSamples`.
        **rules: the fields of `ZeroShot`.

    Returns:
        A `Dataset`; a class is named as its label.

    Raises:
        ValueError, OSError: for tars that are damaged, compressed, or hold
            links, devices, or two members of a name; for labels that are
            neither text nor integers; as `ZeroShot.divide`.
    """
    root = existing_path(data_dir, _LAYOUT, may_be_file=True)
    files = _find_tars(root)
    folder = root if root.is_dir() else root.parent
    images = TarSamples(label_column).read(files)
    listing = _list(files, folder, images)
    return ZeroShot(**rules).divide("webdataset", listing, "WebDataset tars")


def _find_tars(root):
    files = [root] if root.is_file() else sorted(root.rglob("*.tar"))
    if not files:
        raise FileNotFoundError(
            f"No .tar in {str(root)!r}. Looked for: {_LAYOUT}. Decompress "
            ".tar.gz files: their images cannot be read in place."
        )
    for file in files:
        if kind := special_kind(os.stat(file)):
            raise ValueError(
                f"{str(file)!r} must be a file. Received: {kind}. Remove it."
            )
    check_complete(files)
    return files


def _list(files, folder, images):
    file_ids = np.array([image.file_id for image in images], np.int32)
    splits = np.array([split_of(file, folder) for file in files], object)
    names = [file.relative_to(folder).as_posix() for file in files]
    ids, class_names = number_classes([image.label for image in images])
    return Listing(
        [f"{names[image.file_id]}/{image.place.name}" for image in images],
        *(ids, splits[file_ids], class_names),
        ByteRanges(
            [str(file) for file in files],
            file_ids,
            np.array([image.place.offset for image in images], np.int64),
            np.array([image.place.length for image in images], np.int64),
        ),
    )
