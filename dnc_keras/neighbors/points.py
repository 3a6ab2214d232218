"""The rows of a gallery, ready to be scored by one matmul."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras.arrays.memory import rows_within

# 1,024 queries' scores of so many points stay in the processor's cache.
BLOCK_POINTS = 4096
# Points that are looked at together; blocks are filled up to whole groups.
GROUP = 32


class Points:
    """The rows of a gallery as columns of a matrix product.

    `score = -0.5 * |x - p|**2 + 0.5 * |x|**2`, both measured from the mean of
    the gallery, which loses less precision far from the origin. A point has
    the columns `[p, -0.5 * |p|**2, 1]` and a query `[x, 1, -threshold]`: adding
    the last two after the matmul would read all scores once more each.

    Args:
        gallery: `Rows`.
        num_bytes: memory to use.
    """

    def __init__(self, gallery, num_bytes):
        self.gallery = gallery
        self.num = gallery.num
        step = rows_within(num_bytes // 8, gallery.dim)
        self._step = min(BLOCK_POINTS, step)
        self.fit = rows_within(num_bytes, gallery.dim + 2) >= gallery.num
        self._held = None

    def hold(self):
        """Reads them only once, if they fit, and not for each use."""
        if self.fit:
            self._held = list(self.blocks())

    def blocks(self):
        """Yields (index of the first, `[points, dim + 2]` tensor)."""
        return self._held or self._read()

    def sample(self, num):
        """`num` points at equal distances in the gallery."""
        return self._make(np.arange(num) * self.num // num)

    def queries(self, rows, thresholds):
        """`[rows, dim + 2]` tensor for matrix products with points."""
        ones = tf.ones([rows.shape[0], 1])
        centred = rows - self.gallery.mean
        return tf.concat([centred, ones, -thresholds * ones], axis=1)

    def scores(self, rows):
        """`[rows, num]` array, of all points."""
        queries = self.queries(rows, 0.0)
        scores = np.empty([rows.shape[0], self.num], np.float32)
        for start, points in self.blocks():
            part = scores[:, int(start) :][:, : points.shape[0]]
            new = tf.matmul(queries, points, transpose_b=True)
            # The points that fill a block up are at its end.
            part[:] = new[:, : part.shape[1]]
        return scores

    def _read(self):
        for start in range(0, self.num, self._step):
            stop = min(start + self._step, self.num)
            yield tf.constant(start), self._make(slice(start, stop))

    def _make(self, positions):
        return _with_columns(self.gallery.take(positions), self.gallery.mean)


@tf.function(
    input_signature=[tf.TensorSpec([None, None]), tf.TensorSpec([None])]
)
def _with_columns(rows, mean):
    rows = rows - mean
    bias = -0.5 * tf.reduce_sum(tf.square(rows), axis=1, keepdims=True)
    # A point that fills up scores -inf.
    fill = [[0, -tf.shape(rows)[0] % GROUP], [0, 0]]
    bias = tf.pad(bias, fill, constant_values=-np.inf)
    return tf.concat([tf.pad(rows, fill), bias, tf.ones_like(bias)], axis=1)
