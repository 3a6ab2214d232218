"""Features that are read in blocks and never copied whole."""

from __future__ import annotations

import functools
import itertools
from concurrent import futures
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from dnc_keras.arrays.memory import aligned_empty
from dnc_keras.arrays.memory import as_tensor
from dnc_keras.arrays.memory import copied
from dnc_keras.arrays.memory import in_place
from dnc_keras.arrays.memory import rows_within
from dnc_keras.arrays.scores import scores
from dnc_keras.arrays.scores import shifted
from dnc_keras.arrays.stored_rows import StoredRows
from dnc_keras.arrays.workers import OneWorker

BLOCK_BYTES = 2**23
# Copied once, an array of at most this size is not copied for each pass.
RESIDENT_BYTES = 2**25


def check_squares(squares):
    """Raises ValueError unless squared distances are float32 numbers."""
    if not np.isfinite(squares).all():
        raise ValueError(
            "Squared distances must fit into float32, below 3e38. Received: "
            "features so large that they do not. Divide all features by one "
            "number."
        )


class SharedFeatures(NamedTuple):
    """The features that this worker has, of those that several share.

    features: `[num_rows, feature_dim]` array, tensor or `StoredRows`. The rows
        of all workers, those of the first one first, are what is clustered.
    workers: a `OneWorker`, or the like for several.
    """

    features: np.ndarray
    workers: OneWorker


class Rows:
    """Features read in blocks of float32, all rows or those of `indices`.

    With several workers, `num` are the rows of this one, from row `first` of
    `num_all` on; positions are those of its own unless something else is said.
    """

    def __init__(self, features, indices=None):
        self.workers = OneWorker()
        if isinstance(features, SharedFeatures):
            features, self.workers = features
        self._features = in_place(features)
        self._indices = indices
        _check_rank(self._features)
        self.dim = self._features.shape[1]
        self.num = self._features.shape[0] if indices is None else len(indices)
        counts = np.atleast_1d(self.workers.gather(np.array([self.num])))
        self.first = int(counts[: self.workers.index].sum())
        self.num_all = int(counts.sum())
        if self.num <= rows_within(RESIDENT_BYTES, self.dim):
            self._features = self.take(slice(None))
            self._indices = None
        self.mean = self._mean()

    def take(self, positions):
        """`[len(positions), dim]` tensor of the rows at slice or array."""
        positions = self._among_features(positions)
        if isinstance(self._features, StoredRows):
            return as_tensor(self._features.take(positions))
        if not tf.is_tensor(self._features):
            return as_tensor(self._features[positions])
        if isinstance(positions, slice):
            return tf.cast(self._features[positions], tf.float32)
        return tf.cast(tf.gather(self._features, positions), tf.float32)

    def _among_features(self, positions):
        return positions if self._indices is None else self._indices[positions]

    @property
    def own(self):
        """The slice of this worker's rows among those of all."""
        return slice(self.first, self.first + self.num)

    def only(self, positions):
        """The rows at some positions among those of all workers."""
        own = positions[self._is_own(positions)] - self.first
        shared = SharedFeatures(self._features, self.workers)
        return Rows(shared, self._among_features(own))

    def pick(self, positions):
        """`[len(positions), dim]` rows among those of all workers."""
        if self.workers.num == 1:
            return self.take(positions)
        is_own = self._is_own(positions)
        picked = np.zeros([len(positions), self.dim], np.float32)
        picked[is_own] = self.take(positions[is_own] - self.first)
        return tf.convert_to_tensor(self.workers.total(picked))

    def draw(self, weights, num_draws, rng):
        """Positions among the rows of all workers, as likely as weighted.

        Args:
            weights: `[num]` array, those of the own rows.
            num_draws: number of positions.
            rng: a NumPy generator, the same on all workers.
        """
        ends = np.cumsum(weights, dtype=np.float64)
        own = ends[-1:] if self.num else np.zeros(1)
        before = np.cumsum(np.append(0.0, self.workers.gather(own)))
        targets = rng.random(num_draws) * before[-1]
        targets -= before[self.workers.index]
        drawn = self.first + np.searchsorted(ends, targets, "right")
        # The owner of a target is the first worker that it is not beyond.
        beyond = drawn >= self.first + self.num
        candidates = np.where(beyond, self.num_all, drawn)
        drawn = self._first_of_workers(candidates)
        return np.minimum(drawn, self.num_all - 1)

    def _first_of_workers(self, positions):
        rows = self.workers.gather(positions[None])
        return rows.min(axis=0)

    def _is_own(self, positions):
        return (positions >= self.first) & (positions < self.first + self.num)

    def blocks(self):
        """Yields (slice, `[rows, dim]` tensor) over all rows.

        What a tensor holds changes when the next ones are asked for.
        """
        step = rows_within(BLOCK_BYTES, self.dim)
        parts = [
            slice(start, min(start + step, self.num))
            for start in range(0, self.num, step)
        ]
        if not parts:
            return
        is_tensor = tf.is_tensor(self._features)
        read = map(self.take, parts) if is_tensor else self._read_ahead(parts)
        yield from zip(parts, read)

    def _read_ahead(self, parts):
        """Yields the blocks of an array; the next one is copied meanwhile.

        Into two buffers in turn: new ones would be kept in each thread's heap.
        """
        shape = (parts[0].stop, self.dim)
        buffers = itertools.cycle([aligned_empty(shape) for _ in range(2)])
        with futures.ThreadPoolExecutor(1) as reader:
            following = reader.submit(self._copy, parts[0], next(buffers))
            for part in parts[1:]:
                block = following.result()
                following = reader.submit(self._copy, part, next(buffers))
                yield block
            yield following.result()

    def _copy(self, part, buffer):
        positions = self._among_features(part)
        buffer = buffer[: part.stop - part.start]
        if isinstance(self._features, StoredRows):
            return as_tensor(self._features.take(positions, buffer))
        return copied(self._features[positions], buffer)

    def views(self):
        """Yields blocks, or all rows at once where that takes no copy."""
        if not self.num:
            return iter(())
        if tf.is_tensor(self._features) and self._indices is None:
            if self._features.dtype == tf.float32:
                return iter([(slice(0, self.num), self._features)])
        return self.blocks()

    def distances_to(self, points):
        """`[len(points), num]` squared distances of the rows to points."""
        points, bias = shifted(points - self.mean, self.mean)
        distances = np.empty([len(bias), self.num], np.float32)
        for part, block in self.blocks():
            distances[:, part] = _distances(
                block, self.norms[part], points, bias
            )
        return distances

    def distances_to_own(self, centroids, assignment):
        """`[num]` squared distances of the rows to their centroids."""
        distances = np.empty(self.num, np.float32)
        for part, block in self.blocks():
            distances[part] = _distances_to_own(
                block, centroids, assignment[part]
            )
        return distances

    def _mean(self):
        total = np.zeros(self.dim)
        for _, block in self.blocks():
            total += _sum(block).numpy()
        total = self.workers.total(total)
        if not np.isfinite(total).all():
            raise ValueError(
                "features must be finite in float32. Received: NaN or infinity "
                f"in {np.sum(~np.isfinite(total))} of {self.dim} columns. "
                "Lower the learning rate or drop the broken rows."
            )
        return (total / max(self.num_all, 1)).astype(np.float32)

    @functools.cached_property
    def norms(self):
        """`[num]` squared distances of the rows to their mean."""
        return self.distances_to_own(
            self.mean[None], np.zeros(self.num, np.int32)
        )

    @property
    def mean_norm(self):
        """The mean of the norms of all workers."""
        total = self.workers.total(self.norms.sum(dtype=np.float64))
        return total / max(self.num_all, 1)

    @property
    def rounding(self):
        """A squared distance that may be rounding alone."""
        square = np.square(self.mean, dtype=np.float64).sum()
        square += self.mean_norm
        return (4 * np.finfo(np.float32).eps) ** 2 * square


_BLOCK = tf.TensorSpec([None, None])
_ROW_OF_EACH = tf.TensorSpec([None])


@tf.function(input_signature=[_BLOCK])
def _sum(block):
    # A product with ones: tf.reduce_sum over the rows takes three times as
    # long.
    return tf.matmul(tf.ones([1, tf.shape(block)[0]]), block)[0]


@tf.function(input_signature=[_BLOCK, _ROW_OF_EACH, _BLOCK, _ROW_OF_EACH])
def _distances(block, norms, points, bias):
    squares = norms - 2.0 * tf.transpose(scores(block, points, bias))
    return tf.maximum(squares, 0.0)


@tf.function(input_signature=[_BLOCK, _BLOCK, tf.TensorSpec([None], tf.int32)])
def _distances_to_own(block, centroids, assignment):
    own = tf.gather(centroids, assignment)
    return tf.reduce_sum(tf.math.squared_difference(block, own), axis=1)


def _check_rank(features):
    if len(features.shape) != 2 or not features.shape[1]:
        raise ValueError(
            "features must be [num_rows, feature_dim]. Received: shape "
            f"{list(features.shape)}. Pool or flatten the images' features."
        )
