"""Omniglot: handwritten characters of 50 alphabets (Lake et al. 2015)."""

from __future__ import annotations

import pathlib
import zipfile
import zlib

from absl import logging

from dnc_keras.datasets.contents import InMemory
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.image_index import ImageIndex
from dnc_keras.datasets.messages import existing_path

_SOURCE = "https://github.com/brendenlake/omniglot (folder python)"
_LAYOUT = (
    "images_background.zip and images_evaluation.zip, or their folders "
    f"images_background/<alphabet>/<character>/*.png, from {_SOURCE}"
)


def load(data_dir) -> Dataset:
    """Loads the official split: background characters train the model.

    Nothing is extracted: images of an archive are held in memory as they are
    encoded (14 MB), so `data_dir` may be read-only.

    Args:
        data_dir: folder with `images_background.zip` and
            `images_evaluation.zip`, or with their extracted folders.

    Returns:
        A `Dataset`; 964 characters train, 659 test, 20 drawings of each. A
        class is named "Alphabet/character01".
    """
    root = existing_path(data_dir, _LAYOUT)
    train = _load_set(root, "images_background")
    test = _load_set(root, "images_evaluation")
    _warn_of_other_counts("images_background", train, (964, 19280))
    _warn_of_other_counts("images_evaluation", test, (659, 13180))
    return Dataset("omniglot", train, test)


def _load_set(root, name):
    archive = root / f"{name}.zip"
    if archive.is_file():
        drawings, paths, contents = _read_archive(archive)
    else:
        drawings = paths = _drawings((root / name).glob("*/*/*"))
        contents = None
    if not drawings:
        raise FileNotFoundError(
            f"No drawings of {name} in {str(root)!r}. Looked for: {_LAYOUT}."
        )
    names = ["/".join(drawing.parts[-3:-1]) for drawing in drawings]
    return ImageIndex.from_class_names(paths, names, contents)


def _read_archive(file):
    """Members, their paths for people and their bytes."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = _drawings(map(pathlib.PurePath, archive.namelist()))
            contents = [archive.read(member.as_posix()) for member in members]
    except (zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{str(file)!r} is no complete zip archive: {error}. "
            f"Download it again from {_SOURCE}."
        ) from error
    paths = ["/".join((file.name, *member.parts[-3:])) for member in members]
    return members, paths, InMemory.of(contents)


def _drawings(paths):
    return sorted(
        path
        for path in paths
        if path.suffix == ".png" and not path.name.startswith(".")
    )


def _warn_of_other_counts(name, index, expected):
    received = (index.num_classes, index.num_images)
    if received != expected:
        logging.warning(
            "%s should hold %d characters and %d drawings. Received: %d "
            "characters and %d drawings. Results are not comparable.",
            *(name, *expected, *received),
        )
