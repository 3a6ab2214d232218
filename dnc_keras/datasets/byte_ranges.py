"""Encoded images that are pieces of larger files: TFRecords, caches."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class ByteRanges:
    """`num_images` encoded images, each read from its file when asked for.

    Args:
        files: paths of the files.
        file_ids: `[num_images]` integers, the position in `files` of the file
            that holds each image.
        offsets: `[num_images]` int64, where each image begins, in bytes.
        lengths: `[num_images]` int64, in bytes.

    Example:

    >>> held = ByteRanges(["cache.bin"], np.zeros(2, int), [0, 70], [70, 55])
    >>> len(held), len(held[np.array([1])])
    (2, 1)
    """

    files: Sequence
    file_ids: np.ndarray
    offsets: np.ndarray
    lengths: np.ndarray

    def __len__(self) -> int:
        return len(self.file_ids)

    def __getitem__(self, key):
        """The bytes of one image, or the `ByteRanges` of several."""
        if np.ndim(key):
            return ByteRanges(
                self.files,
                np.asarray(self.file_ids)[key],
                np.asarray(self.offsets)[key],
                np.asarray(self.lengths)[key],
            )
        file, length = self.files[self.file_ids[key]], int(self.lengths[key])
        with open(file, "rb") as stream:
            stream.seek(int(self.offsets[key]))
            content = stream.read(length)
        if len(content) < length:
            raise OSError(
                f"{str(file)!r} is shorter than it was: image {key} ended "
                f"after {len(content)} of {length} bytes. Write it again."
            )
        return content
