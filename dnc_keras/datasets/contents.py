"""Where encoded images are that are not simply files at their paths."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from dnc_keras.images.paths import as_tensor


@dataclasses.dataclass(frozen=True, eq=False)
class InMemory:
    """Encoded images held in memory; subsets share them.

    Args:
        held: `[m]` string tensor.
        rows: `[num_images]` integers, the position in `held` of each image.

    Example:

    >>> contents = InMemory.of([b"first", b"second"])
    >>> contents[np.array([1])][0]
    b'second'
    """

    held: tf.Tensor
    rows: np.ndarray

    @classmethod
    def of(cls, encoded: Sequence) -> InMemory:
        """Holds all of a list, array or tensor of encoded images."""
        held = tf.convert_to_tensor(encoded, tf.string)
        return cls(held, np.arange(len(held)))

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key):
        """The bytes of one image, or the `InMemory` of several."""
        if np.ndim(key):
            return InMemory(self.held, self.rows[key])
        return self.held[self.rows[key]].numpy()

    def reader(self) -> Callable:
        """A function from a position to the encoded image, both tensors."""
        rows = tf.constant(self.rows, tf.int64)
        return lambda position: tf.gather(self.held, tf.gather(rows, position))


@dataclasses.dataclass(frozen=True, eq=False)
class Copies:
    """Encoded images that are read from other files than those they are of.

    Args:
        files: `[num_images]` object array of str.
    """

    files: np.ndarray

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, key):
        """The bytes of one image, or the `Copies` of several."""
        if np.ndim(key):
            return Copies(self.files[key])
        with open(self.files[key], "rb") as file:
            return file.read()

    def reader(self) -> Callable:
        """A function from a position to the encoded image, both tensors."""
        files = as_tensor(self.files)
        return lambda position: tf.io.read_file(tf.gather(files, position))


@dataclasses.dataclass(frozen=True, eq=False)
class ByteRanges:
    """Encoded images that are pieces of larger files, such as TFRecords.

    Args:
        files: paths of the files.
        file_ids: `[num_images]` integers, the position in `files` of the file
            that holds each image.
        offsets: `[num_images]` int64, where each image begins, in bytes.
        lengths: `[num_images]` int64, in bytes.
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
            columns = (self.file_ids, self.offsets, self.lengths)
            return ByteRanges(self.files, *(column[key] for column in columns))
        (file, offset), length = self.place(key), self.lengths[key]
        with open(file, "rb") as stream:
            stream.seek(offset)
            content = stream.read(length)
        if len(content) < length:
            raise OSError(
                f"{str(file)!r} is shorter than it was: image {key} ended "
                f"after {len(content)} of {length} bytes. Write it again."
            )
        return content

    def place(self, row: int) -> tuple[str, int]:
        """The file of one image, and where in it the image begins."""
        return str(self.files[self.file_ids[row]]), int(self.offsets[row])

    def reader(self) -> Callable:
        """A function from a position to the encoded image, both tensors."""
        # TensorFlow has no op that reads a piece of a file.
        return lambda position: tf.ensure_shape(
            tf.numpy_function(self.__getitem__, [position], tf.string), []
        )
