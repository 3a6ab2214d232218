"""The nearest of many points by score, without sorting all scores."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

from dnc_keras.clustering.rows import rows_within

# 1,024 queries' scores of so many points stay in the processor's cache.
BLOCK_POINTS = 4096
# Below this many points, sorting all is no slower.
MIN_POINTS = 8192
SAMPLE_SHARE = 1 / 16
MAX_SAMPLE = 4096
# Neighbouring points that are looked at only if their maximum survives.
GROUP = 32


class Points:
    """The rows of a gallery, ready to be scored by one matmul.

    `score = -0.5 * |x - p|**2 + 0.5 * |x|**2`, both measured from the mean of
    the gallery, which loses less precision far from the origin. A point has
    the columns `[p, -0.5 * |p|**2, 1]` and a query `[x, 1, -threshold]`: adding
    the last two after the matmul would read all scores once more each.

    Args:
        gallery: `Rows`.
        num_bytes: memory to use. Points that do not fit are read anew for
            each block of queries.
    """

    def __init__(self, gallery, num_bytes):
        self.num = gallery.num
        self._gallery = gallery
        step = rows_within(num_bytes // 8, gallery.dim)
        self._step = min(BLOCK_POINTS, step)
        fits = rows_within(num_bytes, gallery.dim + 2) >= gallery.num
        self._held = list(self._read()) if fits else None

    def blocks(self):
        """Yields (index of the first, `[points, dim + 2]` tensor)."""
        return self._held or self._read()

    def sample(self, num):
        """`num` points at equal distances in the gallery."""
        return self._make(np.arange(num) * self.num // num)

    def queries(self, rows, thresholds):
        """`[rows, dim + 2]` tensor for matrix products with points."""
        ones = tf.ones([rows.shape[0], 1])
        centred = rows - self._gallery.mean
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
        return _with_columns(self._gallery.take(positions), self._gallery.mean)


class Search:
    """Finds the `depth` highest scores of each query.

    The scores of a sample of the points tell a threshold for each query that
    somewhat more than `depth` points should exceed, and only these are sorted.
    Counting them tells whether they were enough, which keeps the result exact:
    the few queries with too few are searched again, with all scores sorted.

    Args:
        points: `Points`.
        depth: number of scores to find, at most `points.num`.
    """

    def __init__(self, points, depth):
        self._points = points
        self._depth = int(depth)
        num = int(min(points.num * SAMPLE_SHARE, MAX_SAMPLE))
        expected = depth * num / points.num
        # Random points exceed three standard deviations once in 1,000 times.
        self._rank = math.ceil(expected + 3.0 * math.sqrt(expected) + 3.0)
        self._sample = None
        if points.num >= MIN_POINTS and 8 * self._rank <= num:
            self._sample = points.sample(num)
        # Groups save time where less than about a third has a survivor.
        self._group = GROUP if 100 * self._rank < num else 1

    def __call__(self, rows):
        """(scores, indices) of the nearest points.

        Args:
            rows: `[rows, dim]` tensor.

        Returns:
            `[rows, depth]` float32 and int32 arrays, highest score first; of
            equal scores the lower index comes first.
        """
        if self._sample is None:
            return self._sort_all(rows)
        scores, indices, missing = self._sort_survivors(rows)
        if missing.all():
            return self._sort_all(rows)
        again = np.flatnonzero(missing)
        if again.size:
            found = self._sort_all(tf.gather(rows, again))
            scores[again], indices[again] = found
        return scores, indices

    def _sort_survivors(self, rows):
        queries = self._points.queries(rows, 0.0)
        thresholds = _kth_score(queries, self._sample, self._rank)
        queries = self._points.queries(rows, thresholds)
        scores, indices, counts = zip(
            *(
                _survivors(queries, points, start, self._group)
                for start, points in self._points.blocks()
            )
        )
        scores, indices = _highest(scores, indices, self._depth)
        missing = tf.add_n(counts).numpy() < self._depth
        return scores + thresholds.numpy(), indices, missing

    def _sort_all(self, rows):
        queries = self._points.queries(rows, 0.0)
        scores = tf.zeros([rows.shape[0], 0])
        indices = tf.zeros([rows.shape[0], 0], tf.int32)
        for start, points in self._points.blocks():
            new = tf.matmul(queries, points, transpose_b=True)
            columns = start + tf.range(new.shape[1])
            columns = tf.broadcast_to(columns, new.shape)
            # Earlier blocks come first, so that the lower index wins a tie.
            scores, indices = _highest(
                [scores, new], [indices, columns], self._depth
            )
        return scores, indices


@tf.function(
    input_signature=[tf.TensorSpec([None, None]), tf.TensorSpec([None])]
)
def _with_columns(rows, mean):
    rows = rows - mean
    bias = -0.5 * tf.reduce_sum(rows**2, axis=1, keepdims=True)
    # A point that fills up scores -inf.
    fill = [[0, -tf.shape(rows)[0] % GROUP], [0, 0]]
    bias = tf.pad(bias, fill, constant_values=-np.inf)
    return tf.concat([tf.pad(rows, fill), bias, tf.ones_like(bias)], axis=1)


@tf.function(
    input_signature=[
        tf.TensorSpec([None, None]),
        tf.TensorSpec([None, None]),
        tf.TensorSpec([], tf.int32),
    ]
)
def _kth_score(queries, points, k):
    scores = tf.matmul(queries, points, transpose_b=True)
    return tf.math.top_k(scores, k).values[:, -1:]


@tf.function(reduce_retracing=True)
def _survivors(queries, points, start, group):
    """The scores above 0.

    Returns:
        (scores, indices, counts): `[rows, most of a row]` tensors, filled up
        with scores of -inf, and `[rows]` integers. A query with survivors in
        more than half of the groups has none and a count far below 0, which
        bounds the memory.
    """
    scores = tf.matmul(queries, points, transpose_b=True)
    few, rows, columns, scores = _above_zero(scores, group)
    num_rows = tf.cast(tf.shape(queries)[0], tf.int64)
    scores = tf.RaggedTensor.from_value_rowids(
        scores, rows, num_rows, validate=False
    )
    indices = scores.with_values(tf.cast(columns, tf.int32) + start)
    counts = tf.where(few, scores.row_lengths(), -(2**40))
    return scores.to_tensor(-np.inf), indices.to_tensor(0), counts


def _above_zero(scores, group):
    grouped = scores
    if group > 1:
        grouped = tf.reshape(scores, [tf.shape(scores)[0], -1, group])
        scores = tf.reduce_max(grouped, axis=2)
    above = scores > 0.0
    few = tf.reduce_mean(tf.cast(above, tf.float32), axis=1) <= 0.5
    places = tf.where(above & few[:, None])
    values = tf.gather_nd(grouped, places)
    rows, columns = places[:, 0], places[:, 1]
    if group > 1:
        inside = tf.where(values > 0.0)
        values = tf.gather_nd(values, inside)
        rows = tf.gather(rows, inside[:, 0])
        columns = tf.gather(columns, inside[:, 0]) * group + inside[:, 1]
    return few, rows, columns, values


def _highest(scores, indices, depth):
    """The `depth` highest of several `[rows, columns]` tensors, or all."""
    scores, indices = tf.concat(scores, axis=1), tf.concat(indices, axis=1)
    depth = min(depth, scores.shape[1])
    if 3 * depth > scores.shape[1]:
        return [part[:, :depth] for part in _sorted(scores, indices)]
    scores, places = tf.math.top_k(scores, depth)
    return scores.numpy(), tf.gather(indices, places, batch_dims=1).numpy()


def _sorted(scores, indices):
    """All scores, highest first, and their indices.

    TensorFlow sorts places by looking scores up. NumPy sorts integers that
    hold score and index in 1/4 (before NumPy 2 in 3/4) of the time.
    """
    # Adding 0.0 makes -0.0 equal to 0.0.
    bits = (scores + 0.0).numpy().view(np.int32)
    # The integers of negative floats have the reverse order.
    descending = ~np.where(bits < 0, bits ^ np.int32(2**31 - 1), bits)
    keys = descending.astype(np.int64) << 32
    keys |= indices.numpy()
    keys.sort(axis=1)
    bits = ~(keys >> 32).astype(np.int32)
    bits = np.where(bits < 0, bits ^ np.int32(2**31 - 1), bits)
    return bits.view(np.float32), keys.astype(np.int32)
