"""The small pictures of a page, all in one image that it carries in itself."""

from __future__ import annotations

import base64
import math

import numpy as np
import tensorflow as tf

from dnc_keras.images.sprites import in_grid
from dnc_keras.reports.tiles import tiles_of

TILE = 72  # pixels; as large as several stand side by side on a phone
_QUALITY = 80


class PictureSheet:
    """Collects the pictures of a page; each is kept once, however often used.

    Args:
        indices: dict of names and `ImageIndex`.
    """

    def __init__(self, indices):
        self._indices = indices
        self._numbers = {}

    def __len__(self):
        return len(self._numbers)

    def add(self, part: str, row: int) -> int:
        """The number of the picture of a row, from 0 on."""
        return self._numbers.setdefault((part, int(row)), len(self))

    @property
    def num_columns(self) -> int:
        """Pictures side by side; as many as there are rows, or one more."""
        return max(1, math.ceil(math.sqrt(len(self))))

    @property
    def num_rows(self) -> int:
        return max(1, math.ceil(len(self) / self.num_columns))

    def place(self, number: int) -> tuple[float, float]:
        """Where a picture is, as CSS wants it: percent from left and top."""
        row, column = divmod(number, self.num_columns)
        return (
            100 * column / max(1, self.num_columns - 1),
            100 * row / max(1, self.num_rows - 1),
        )

    def encode(self) -> str:
        """All pictures as the `data:` address of one JPEG."""
        tiles = np.zeros([len(self), TILE, TILE, 3], np.uint8)
        for part, index in self._indices.items():
            rows, numbers = self._of(part)
            tiles[numbers] = tiles_of(index, rows, TILE)
        sheet = in_grid(tiles, self.num_columns)
        encoded = tf.io.encode_jpeg(sheet, quality=_QUALITY).numpy()
        return f"data:image/jpeg;base64,{base64.b64encode(encoded).decode()}"

    def _of(self, part):
        """The rows of a part that were added, and their numbers."""
        items = [(r, n) for (p, r), n in self._numbers.items() if p == part]
        return np.array(items, np.int64).reshape(-1, 2).T
