"""The small pictures of a page, each of which it carries in itself once."""

from __future__ import annotations

import base64
import os

import numpy as np
import tensorflow as tf

from dnc_keras.reports.tiles import tiles_of
from dnc_keras.support.paths import absolute_uri
from dnc_keras.support.paths import name_within

# Pixels: four blocks of a JPEG with halved colours, so none is filled up.
TILE = 64
_QUALITY = 55


class PictureSheet:
    """Collects the pictures of a page; each is kept once, however often used.

    Args:
        indices: dict of names and `ImageIndex`.
        data_dir: the folder that names of files are relative to; "", the
            default: they are shown as they are.
    """

    def __init__(self, indices, data_dir=""):
        self._indices = indices
        self._data_dir = data_dir
        self._numbers = {}

    def __len__(self):
        return len(self._numbers)

    def add(self, part: str, row: int) -> int:
        """The number of the picture of a row, from 0 on.

        `picture` of `parts.html` shows it, and the page's script shows it
        enlarged, with its class and file.
        """
        return self._numbers.setdefault((part, int(row)), len(self))

    def content(self) -> dict:
        """All pictures and what they show, for the page's script.

        Returns:
            A dict of `head`, what all files begin with, and `bodies`, the
            rest of each, in base64; of each picture also its class, file and
            part, by `labels` into `classes`, `files`, and `places` into
            `parts`; and `originals`, for each part the address of the folder
            where its files are, or "" if they are not files.
        """
        head, bodies = _in_base64(self._encoded())
        parts = list(self._indices)
        classes, files, places = {}, [], []
        for part, row in self._numbers:
            index = self._indices[part]
            name = index.class_names[index.labels[row]]
            classes.setdefault(name, []).append(len(files))
            files.append(name_within(index.paths[row], self._data_dir))
            places.append(parts.index(part))
        labels = {n: k for k, of in enumerate(classes.values()) for n in of}
        return {
            "head": head,
            "bodies": bodies,
            "classes": list(classes),
            "labels": [labels[number] for number in range(len(self))],
            "files": files,
            "places": places,
            "parts": parts,
            "originals": [self._original(self._indices[p]) for p in parts],
        }

    def _original(self, index):
        is_files = self._data_dir and index.contents is None
        return f"{absolute_uri(self._data_dir)}/" if is_files else ""

    def _encoded(self):
        tiles = np.zeros([len(self), TILE, TILE, 3], np.uint8)
        for part, index in self._indices.items():
            rows, numbers = self._of(part)
            tiles[numbers] = tiles_of(index, rows, TILE)
        return [
            tf.io.encode_jpeg(tile, quality=_QUALITY).numpy() for tile in tiles
        ]

    def _of(self, part):
        """The rows of a part that were added, and their numbers."""
        items = [(r, n) for (p, r), n in self._numbers.items() if p == part]
        return np.array(items, np.int64).reshape(-1, 2).T


def _in_base64(files):
    """What all files begin with, and the rest of each.

    JPEGs of one size and quality share their tables, 600 bytes of the 1,800
    of such a picture. Three bytes are four letters: cut there, the two texts
    one after the other are the text of the file.
    """
    shared = len(os.path.commonprefix(files)) // 3 * 3 if files else 0
    bodies = [base64.b64encode(file[shared:]).decode() for file in files]
    head = base64.b64encode(files[0][:shared]).decode() if files else ""
    return head, bodies
