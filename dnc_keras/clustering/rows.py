"""Features that are read in blocks and never copied whole."""

from __future__ import annotations

import functools

import numpy as np
import tensorflow as tf

BLOCK_BYTES = 2**23
SCORE_BYTES = 2**24


class Rows:
    """Features read in blocks of float32, all rows or those of `indices`."""

    def __init__(self, features, indices=None):
        self._features = (
            features if tf.is_tensor(features) else np.asarray(features)
        )
        self._indices = indices
        _check_rank(self._features)
        self.dim = self._features.shape[1]
        self.num = self._features.shape[0] if indices is None else len(indices)
        self.mean = self._mean()

    def take(self, positions):
        """`[len(positions), dim]` tensor of the rows at slice or array."""
        if self._indices is not None:
            positions = self._indices[positions]
        if not tf.is_tensor(self._features):
            return tf.constant(
                np.asarray(self._features[positions], np.float32)
            )
        if isinstance(positions, slice):
            return tf.cast(self._features[positions], tf.float32)
        return tf.cast(tf.gather(self._features, positions), tf.float32)

    def blocks(self):
        """Yields (slice, `[rows, dim]` tensor) over all rows."""
        step = rows_within(BLOCK_BYTES, self.dim)
        for start in range(0, self.num, step):
            part = slice(start, min(start + step, self.num))
            yield part, self.take(part)

    def distances_to(self, points):
        """`[len(points), num]` squared distances of the rows to points."""
        scorer = Scorer(points, self.mean)
        distances = np.empty([len(points), self.num], np.float32)
        for part, block in self.blocks():
            squares = self.norms[part] - 2.0 * tf.transpose(scorer(block))
            distances[:, part] = tf.maximum(squares, 0.0)
        return distances

    def distances_to_own(self, centroids, assignment):
        """`[num]` squared distances of the rows to their centroids."""
        distances = np.empty(self.num, np.float32)
        for part, block in self.blocks():
            own = tf.gather(centroids, assignment[part])
            distances[part] = _squared_lengths(block - own)
        return distances

    def _mean(self):
        total = np.zeros(self.dim)
        for _, block in self.blocks():
            total += tf.reduce_sum(block, axis=0).numpy()
        if not np.isfinite(total).all():
            raise ValueError(
                "features must be finite in float32. Received: NaN or infinity "
                f"in {np.sum(~np.isfinite(total))} of {self.dim} columns. "
                "Lower the learning rate or drop the broken rows."
            )
        return (total / max(self.num, 1)).astype(np.float32)

    @functools.cached_property
    def norms(self):
        """`[num]` squared distances of the rows to their mean."""
        norms = np.empty(self.num, np.float32)
        for part, block in self.blocks():
            norms[part] = _squared_lengths(block - self.mean)
        return norms


class Scorer:
    """Scores points for rows: the nearest point of a row has the highest.

    `score = -0.5 * |x - p|**2 + 0.5 * |x - mean|**2`, one matmul and a bias:
    points are measured from the mean of the rows, which loses less precision
    far from the origin, and the rows are used as they are. The points are
    filled up to a multiple of `multiple` with some that score `-inf`.
    """

    def __init__(self, points, mean, multiple=1):
        points = tf.convert_to_tensor(points - mean)
        bias = -tf.linalg.matvec(points, mean) - 0.5 * _squared_lengths(points)
        missing = -points.shape[0] % multiple
        self._points = tf.pad(points, [[0, missing], [0, 0]])
        self._bias = tf.pad(bias, [[0, missing]], constant_values=-np.inf)

    def __call__(self, block):
        return _matmul_with_bias(block, self._points, self._bias)

    def nearest(self, block):
        """`[rows]` ids of the points; at most 16 MB of scores are held."""
        step = rows_within(SCORE_BYTES, self._points.shape[0])
        parts = [
            tf.argmax(self(block[start : start + step]), 1, tf.int32)
            for start in range(0, block.shape[0], step)
        ]
        return tf.concat(parts, axis=0)


@tf.function(
    input_signature=[
        tf.TensorSpec([None, None]),
        tf.TensorSpec([None, None]),
        tf.TensorSpec([None]),
    ]
)
def _matmul_with_bias(block, points, bias):
    return tf.nn.bias_add(tf.matmul(block, points, transpose_b=True), bias)


def _squared_lengths(vectors):
    return tf.reduce_sum(vectors**2, axis=1)


def rows_within(num_bytes: int, num_columns: int) -> int:
    """Number of float32 rows that fit into `num_bytes`, at least 1."""
    return max(1, num_bytes // (4 * num_columns))


def _check_rank(features):
    if len(features.shape) != 2 or not features.shape[1]:
        raise ValueError(
            "features must be [num_rows, feature_dim]. Received: shape "
            f"{list(features.shape)}. Pool or flatten the images' features."
        )
