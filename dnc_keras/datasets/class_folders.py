"""Finds class folders, wherever an archive was unpacked."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

from dnc_keras.datasets.files import nearby_folders
from dnc_keras.datasets.files import readable_subfolders
from dnc_keras.datasets.folder import has_images
from dnc_keras.datasets.folder import list_images

# Names of the folders of a split within the classes.
_HALVES = (("train", "test"), ("cars_train", "cars_test"))


def find_class_folders(
    root: pathlib.Path, is_class: Callable = lambda name: True
) -> dict[str, list[str]]:
    """Finds the place with the most class folders, and lists their images.

    The place is `root` or a folder or two below, such as `root/images`. Where
    it has `train/` and `test/`, or `cars_train/` and `cars_test/`, the images
    of a class in both belong together.

    Args:
        root: where to begin.
        is_class: function of the name of a folder that tells whether it can
            be a class.

    Returns:
        The paths of the images of each class, by the name of its folder;
        empty where there are no class folders.
    """
    candidates = (_folders_by_class(f, is_class) for f in nearby_folders(root))
    best = max(candidates, key=len)
    return {
        name: [str(path) for folder in folders for path in list_images(folder)]
        for name, folders in best.items()
    }


def _folders_by_class(place, is_class):
    folders_by_class = {}
    for part in _parts(place):
        for folder in readable_subfolders(part):
            if is_class(folder.name) and has_images(folder):
                folders_by_class.setdefault(folder.name, []).append(folder)
    return folders_by_class


def _parts(place):
    for names in _HALVES:
        halves = [place / name for name in names]
        if all(half.is_dir() for half in halves):
            return halves
    return [place]
