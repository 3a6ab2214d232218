"""Your own images, in a folder for each class."""

from __future__ import annotations

import pathlib

from absl import logging

from dnc_keras.datasets.class_split import split_by_classes
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.files import subfolders
from dnc_keras.datasets.image_index import ImageIndex
from dnc_keras.datasets.messages import existing_path
from dnc_keras.datasets.messages import first_few
from dnc_keras.images.kinds import READS_WEBP
from dnc_keras.images.paths import why_unfit

IMAGE_EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".gif")
if READS_WEBP:
    IMAGE_EXTENSIONS += (".webp",)
_LAYOUT = (
    "your own images as data_dir/<class>/<images>, or as "
    "data_dir/train/<class>/<images> and data_dir/test/<class>/<images>"
)


def load(data_dir, test_fraction=0.5, test_classes=None, seed=0) -> Dataset:
    """Loads class folders.

    Hidden files and folders are skipped, and files that are no images.

    Args:
        data_dir: folder with a folder of images for each class, or with
            `train/` and `test/` that hold such folders.
        test_fraction: share of the classes to test on, drawn at random, where
            there are no `train/` and `test/`.
        test_classes: names of the classes to test on, instead. None, the
            default: use `test_fraction`.
        seed: integer, for the draw of test classes.

    Returns:
        A `Dataset`; a class is named as its folder.
    """
    root = existing_path(data_dir, _LAYOUT)
    if (root / "train").is_dir() and (root / "test").is_dir():
        train, test = _load_split(root, test_classes)
    else:
        train, test = split_by_classes(
            _load_classes(root), test_fraction, test_classes, seed
        )
    return Dataset("folder", train, test)


def _load_split(root, test_classes):
    if test_classes:
        raise ValueError(
            f"{str(root)!r} has train/ and test/, so test_classes has no "
            f"use. Received: {first_few(test_classes)}. Drop it, or put all "
            "class folders directly into one folder."
        )
    others = {folder.name for folder in subfolders(root)} - {"train", "test"}
    if others:
        raise ValueError(
            f"{str(root)!r} has train/ and test/ and other folders: "
            f"{first_few(sorted(others))}. Move these elsewhere."
        )
    return _load_classes(root / "train"), _load_classes(root / "test")


def _load_classes(root):
    folders = subfolders(root)
    if not folders:
        raise FileNotFoundError(
            f"No class folders in {str(root)!r}. Looked for: {_LAYOUT}."
        )
    images = {folder.name: list_images(folder) for folder in folders}
    _check_num_images(root, images)
    return ImageIndex.from_class_names(
        paths=[str(path) for paths in images.values() for path in paths],
        names=[name for name, paths in images.items() for _ in paths],
    )


def list_images(folder: pathlib.Path) -> list[pathlib.Path]:
    """The images in a class folder by name; warns of what else is there."""
    images, others, unfit = [], [], []
    for path in _visible(folder):
        if not _is_image(path):
            others.append(path)
        elif reason := why_unfit(path):
            unfit.append(f"{path.name} ({reason})")
        else:
            images.append(path)
    if others:
        logging.warning(
            "Skipped in class folder %r, no %s: %s.",
            *(str(folder), " ".join(IMAGE_EXTENSIONS)),
            first_few([path.name for path in others], limit=3),
        )
    if unfit:
        logging.warning(
            "Skipped in class folder %r, not to be read: %s.",
            *(str(folder), first_few(unfit, limit=3)),
        )
    return images


def has_images(folder: pathlib.Path) -> bool:
    """Tells whether there is an image directly in a folder."""
    return any(
        _is_image(path) and not why_unfit(path) for path in _visible(folder)
    )


def _visible(folder):
    paths = sorted(folder.iterdir())
    return [path for path in paths if not path.name.startswith(".")]


def _is_image(path):
    return path.suffix.lower() in IMAGE_EXTENSIONS


def _check_num_images(root, images):
    too_few = [name for name, paths in images.items() if len(paths) < 2]
    if too_few:
        raise ValueError(
            f"Each class folder needs at least two images. {len(too_few)} in "
            f"{str(root)!r} with fewer: {first_few(too_few)}. Add images "
            f"({' '.join(IMAGE_EXTENSIONS)}) or remove the folder."
        )
