"""Vectors that others computed, in arrays or in memory-mapped files."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from dnc_keras.arrays.memory import aligned_empty
from dnc_keras.arrays.memory import rows_within
from dnc_keras.arrays.stored_rows import StoredRows
from dnc_keras.support import progress

# What is read at a time; twice as many bytes are held.
_BLOCK_BYTES = 2**23


@dataclasses.dataclass(frozen=True, eq=False)
class VectorRows(StoredRows):
    """Rows of features, read in place from arrays or memory-mapped files.

    Nothing is copied before it is asked for. A subset shares the arrays.

    Args:
        shards: `[num_rows, dim]` arrays of one width, of floats or integers.
        rows: `[num_vectors]` int64 array, the position of each vector in the
            rows of all shards, one shard after the other.

    Example:

    >>> vectors = VectorRows.of(np.arange(6).reshape(3, 2))
    >>> vectors[np.array([2, 0])].take(slice(None))
    array([[4., 5.],
           [0., 1.]], dtype=float32)
    """

    shards: tuple
    rows: np.ndarray

    def __post_init__(self):
        for shard in self.shards:
            _check_shard(shard)
        widths = sorted({shard.shape[1] for shard in self.shards})
        if len(widths) != 1:
            raise ValueError(
                "All vectors must have one width. Received: "
                f"{', '.join(map(str, widths)) or 'no array'}. Write them with "
                "one model."
            )

    @classmethod
    def of(cls, arrays) -> VectorRows:
        """All rows of an array, or of several, one after the other."""
        shards = tuple(
            arrays if isinstance(arrays, (list, tuple)) else [arrays]
        )
        for shard in shards:
            _check_shard(shard)
        num_rows = sum(map(len, shards))
        return cls(shards, np.arange(num_rows, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def dim(self) -> int:
        """The width of the vectors."""
        return self.shards[0].shape[1]

    @property
    def shape(self) -> tuple:
        return len(self), self.dim

    def __getitem__(self, key):
        """The `[dim]` float32 array of one, or the `VectorRows` of several."""
        if np.ndim(key) or isinstance(key, slice):
            return VectorRows(self.shards, self.rows[key])
        return self.take(np.array([key]))[0]

    def take(self, positions, out=None) -> np.ndarray:
        """Reads the vectors at some positions, and nothing else.

        Args:
            positions: slice, or `[m]` integer array.
            out: `[m, dim]` float32 array to write to. None, the default: a
                new one.

        Returns:
            `[m, dim]` float32 array, in the order of `positions`.
        """
        rows = self.rows[positions]
        if out is None:
            out = aligned_empty([len(rows), self.dim])
        step = rows_within(_BLOCK_BYTES, self.dim)
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            self._read(rows[part], out[part])
        return out

    def _read(self, rows, out):
        # A file is read fastest from its begin to its end.
        order = None
        if np.any(rows[1:] <= rows[:-1]):
            order = np.argsort(rows, kind="stable")
            rows = rows[order]
        ends = np.cumsum([len(shard) for shard in self.shards])
        cuts = np.searchsorted(rows, ends)
        first = 0
        for shard, end, last in zip(self.shards, ends, cuts):
            if first == last:
                continue
            found = shard[_as_slice(rows[first:last] - (end - len(shard)))]
            places = slice(first, last) if order is None else order[first:last]
            # Beyond float32 becomes infinity, which is refused as such.
            with np.errstate(over="ignore", invalid="ignore"):
                out[places] = found
            first = last

    def reader(self) -> Callable:
        """A function from a position to its `[dim]` vector, both tensors."""
        read = self.batch_reader()
        return lambda position: read(position[None])[0]

    def batch_reader(self) -> Callable:
        """A function from `[m]` positions to `[m, dim]` vectors, all tensors.

        It reads a batch at once, which takes far less time than one vector
        after the other.
        """
        read, dtype = self._fastest_read()

        def read_batch(positions):
            rows = tf.numpy_function(read, [positions], dtype)
            shape = positions.shape[0], self.dim
            return tf.cast(tf.ensure_shape(rows, shape), tf.float32)

        return read_batch

    def _fastest_read(self):
        """A function from positions to rows, and their type."""
        shard, *others = self.shards
        if others or shard.dtype not in (np.float16, np.float32):
            return self.take, tf.float32
        # TensorFlow converts float16 faster, while Python goes on.
        return lambda at: shard.take(self.rows[at], axis=0), shard.dtype

    def find_unreadable(self) -> list[tuple[int, str]]:
        """Reads all vectors, and lists those that nothing can be learned from.

        Returns:
            A list of (position, reason): with NaN or infinity in float32, or
            all zero, which has no direction.
        """
        step = rows_within(_BLOCK_BYTES, self.dim)
        starts = range(0, len(self), step)
        unreadable = []
        for start in progress.track(starts, "checking vectors"):
            block = self.take(slice(start, start + step))
            unreadable += [
                (start + row, _reason(block[row]))
                for row in np.flatnonzero(_is_unfit(block)).tolist()
            ]
        return unreadable


def _as_slice(positions):
    """A slice where the ascending positions have no gaps: it is faster."""
    first, last = positions[[0, -1]].tolist()
    if last - first + 1 == len(positions):
        return slice(first, last + 1)
    return positions


def _is_unfit(block):
    """`[rows]` boolean array: NaN, infinite, or of no length."""
    # One sum of a row sees all; its own overflow is looked at again.
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.einsum("ij,ij->i", block, block)
    suspects = np.flatnonzero(~np.isfinite(sums) | (sums == 0))
    is_unfit = np.zeros(len(block), bool)
    is_unfit[suspects] = ~np.isfinite(block[suspects]).all(axis=1)
    is_unfit[suspects] |= ~block[suspects].any(axis=1)
    return is_unfit


def _reason(vector):
    if not vector.any():
        return "it is all zeros"
    return "it has NaN or infinity"


def _check_shard(shard):
    if len(shard.shape) != 2 or not shard.shape[1]:
        raise ValueError(
            "Vectors must be an array [num_vectors, dim]. Received: shape "
            f"{list(shard.shape)}. Flatten or pool each to one row."
        )
    if shard.dtype.kind not in "fiu" and shard.dtype.name != "bfloat16":
        raise ValueError(
            "Vectors must be floats or integers. Received: "
            f"{shard.dtype}. Convert them, for example to float16."
        )
