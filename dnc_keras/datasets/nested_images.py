"""Finds images wherever they are below a folder."""

from __future__ import annotations

import os
import pathlib

from dnc_keras.datasets.folder import IMAGE_EXTENSIONS


def find_images(root: pathlib.Path) -> list[pathlib.Path]:
    """The images in a folder and in the folders in it; or the one given.

    Images are known by their extension; hidden files and folders are skipped,
    links are followed.

    Args:
        root: a folder, or an image.

    Returns:
        Their paths, sorted; they begin with `root`.

    Raises:
        OSError: where there is nothing, or no image.
    """
    if not root.exists():
        raise FileNotFoundError(
            "Images to search must be an image or a folder of images. "
            f"Received: {str(root)!r}, which does not exist. Check the path."
        )
    files = [root] if root.is_file() else sorted(_walk(root))
    if not files:
        raise FileNotFoundError(
            f"A folder must hold images ({' '.join(IMAGE_EXTENSIONS)}). "
            f"Received: {str(root)!r} with none. Check the path."
        )
    return files


def _walk(root):
    visited = set()
    for folder, inner, names in os.walk(root, followlinks=True):
        # A link to a folder above it would never end.
        real = os.path.realpath(folder)
        inner[:] = [] if real in visited else _visible(inner)
        names = [] if real in visited else _visible(names)
        visited.add(real)
        for name in names:
            if name.lower().endswith(IMAGE_EXTENSIONS):
                yield pathlib.Path(folder, name)


def _visible(names):
    return [name for name in names if not name.startswith(".")]
