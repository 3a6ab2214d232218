"""Exact nearest neighbours in blocks of queries."""

from __future__ import annotations

import collections
import concurrent.futures

import numpy as np
import tensorflow as tf

from dnc_keras.arrays.memory import rows_within
from dnc_keras.arrays.rows import Rows
from dnc_keras.arrays.rows import check_squares
from dnc_keras.arrays.scores import rounding_of
from dnc_keras.neighbors.pair_distances import squared_distances
from dnc_keras.neighbors.pair_distances import squared_lengths
from dnc_keras.neighbors.points import BLOCK_POINTS
from dnc_keras.neighbors.rounded_search import fastest_search
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_number
from dnc_keras.support.progress import track

MEMORY_BUDGET = 2**28
MAX_QUERIES = 1024
# Neighbours beyond k that are ordered too: rounding may swap the last ones.
NUM_SPARE = 8
# While one block is sorted by one core, another keeps the others at work.
BLOCKS_PER_DEVICE = 2


def nearest_neighbors(
    queries,
    gallery,
    k: int,
    exclude_self: bool = False,
    memory_budget: int = MEMORY_BUDGET,
) -> tuple[np.ndarray, np.ndarray]:
    """The exact k nearest rows of a gallery, by Euclidean distance.

    Rows need no length of 1 and are measured in float32 whatever their type:
    k + 8 candidates come from a matmul, and where its rounding matters they
    are ordered by the differences of the rows. Only among more than 8 rows that
    are as near as the k-th to within 1e-6 of the squared lengths, such as
    copies, the matmul decides. On GPUs that use TensorFloat-32, switch it off:
    `tf.config.experimental.enable_tensor_float_32_execution(False)`.

    The queries are dealt in blocks to the devices of the strategy in whose
    scope this is called, one after the other; the result does not depend on
    their number.

    Args:
        queries: `[num_queries, dim]` array or tensor. None (0 rows) gives
            empty results; NaN or infinity is an error.
        gallery: `[num_gallery, dim]` array or tensor.
        k: number of neighbours, at most `num_gallery` (less one with
            `exclude_self`).
        exclude_self: whether row i of the gallery is left out for query i;
            for queries that are the gallery.
        memory_budget: bytes to hold on each device beyond the arguments and
            the results, 256 MB as a default. At twice the bytes of the gallery
            or more it is read only once; much less makes smaller, slower
            blocks, down to one query.

    Returns:
        (distances, indices): `[num_queries, k]` float32 and int32 arrays,
        nearest first; of equal distances the lower index comes first.

    Example:

    >>> points = np.array([[0.0], [1.0], [3.0]])
    >>> nearest_neighbors(points, points, k=1, exclude_self=True)[1].ravel()
    array([1, 0, 1], dtype=int32)
    """
    queries, gallery = Rows(queries), Rows(gallery)
    check_search(queries, gallery, k, exclude_self)
    _check_budget(memory_budget)
    distances = np.empty([queries.num, k], np.float32)
    indices = np.empty([queries.num, k], np.int32)

    def finish(part, scores, found):
        squares, found = _measure(queries.take(part), gallery, scores, found)
        distances[part], indices[part] = np.sqrt(squares[:, :k]), found[:, :k]

    depth = min(k + NUM_SPARE, gallery.num - exclude_self)
    for _ in _searched(
        queries, gallery, depth, exclude_self, memory_budget, finish
    ):
        pass
    return distances, indices


def ranked(queries, gallery, depth, exclude_self, memory_budget=MEMORY_BUDGET):
    """The nearest rows of each query, by distances with float32 rounding.

    Args:
        queries: `Rows`.
        gallery: `Rows`.
        depth: number of neighbours, below the rows of the gallery with
            `exclude_self`.
        exclude_self: whether row i is left out for query i.
        memory_budget: as for `nearest_neighbors`.

    Returns:
        An iterator over (slice of the queries, `[rows, depth]` int32 array of
        gallery indices).
    """

    def finish(part, _, found):
        return part, found

    return _searched(
        queries, gallery, depth, exclude_self, memory_budget, finish
    )


def check_search(queries, gallery, k, exclude_self):
    """Raises ValueError if `k` rows of the gallery cannot be found."""
    if queries.dim != gallery.dim:
        raise ValueError(
            "queries and gallery must have the same number of columns. "
            f"Received: {queries.dim} and {gallery.dim}. "
            "Compute both with the same model."
        )
    if exclude_self and queries.num != gallery.num:
        raise ValueError(
            "exclude_self needs queries that are the gallery. Received: "
            f"{queries.num} queries, {gallery.num} gallery rows. "
            "Use exclude_self=False."
        )
    available = gallery.num - exclude_self
    check_number("k", k)
    if not 1 <= k <= available:
        raise ValueError(
            f"k must be between 1 and the rows to find, {available}. "
            f"Received: k={k}. Use a smaller k or a larger gallery."
        )
    check_count("k", k)
    for rows in (queries, gallery):
        check_squares(rows.norms)


def _check_budget(memory_budget):
    check_number("memory_budget", memory_budget)
    if memory_budget < 1:
        raise ValueError(
            "memory_budget must be a number of bytes above 0. Received: "
            f"{memory_budget}. Use memory_budget={MEMORY_BUDGET}."
        )


def _searched(queries, gallery, depth, exclude_self, memory_budget, finish):
    """Yields `finish(part, scores, found)` of each block of queries in order.

    `scores` and `found` are `[rows, depth]` arrays, nearest first.
    """
    devices = _devices()
    searches = []
    for device in devices:
        with tf.device(device):
            searches.append(
                fastest_search(
                    gallery, depth + exclude_self, memory_budget // 2
                )
            )
    # Threads on several devices would mix up each other's Python numbers: seen
    # in TensorFlow 2.15 and 2.21, where `tensor[2:5]` had other rows.
    num_workers = BLOCKS_PER_DEVICE if len(devices) == 1 else 1
    step = _block_size(depth, queries.dim, memory_budget)

    def work(number):
        part = slice(number * step, min((number + 1) * step, queries.num))
        turn = number % len(devices)
        with tf.device(devices[turn]):
            scores, found = searches[turn](queries.take(part))
            if exclude_self:
                others = _others(found, part.start)
                scores = scores[others].reshape(-1, depth)
                found = found[others].reshape(-1, depth)
            return finish(part, scores, found)

    num_blocks = -(-queries.num // step)
    done = _in_order(work, range(num_blocks), num_workers)
    return track(done, "nearest neighbors", num_blocks)


def _devices():
    """The devices of the current strategy, or the one that TensorFlow takes."""
    if not tf.distribute.has_strategy():
        return [None]
    return tf.distribute.get_strategy().extended.worker_devices


def _block_size(depth, dim, memory_budget):
    """Queries a block: half the budget is for the blocks that are at work."""
    # Scores and their comparison, sorted scores and indices, measured rows.
    columns = 3 * BLOCK_POINTS + 12 * depth + 4 * dim
    num_bytes = memory_budget // (2 * BLOCKS_PER_DEVICE)
    return min(MAX_QUERIES, rows_within(num_bytes, columns))


def _in_order(work, items, num_workers):
    """Yields `work(item)` in order; few results wait at a time."""
    with concurrent.futures.ThreadPoolExecutor(num_workers) as pool:
        waiting = collections.deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > num_workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _others(found, first):
    """Which are not the query itself, or not the last where it is absent."""
    rows = np.arange(first, first + len(found))
    own = found == rows[:, None]
    own[~own.any(axis=1), -1] = True
    return ~own


def _measure(rows, gallery, scores, found):
    """(squared distances, indices) in exact order.

    A score of the matmul has rounding errors, which matter where two distances
    are closer than that and where they are small against the rows' lengths.
    Only there they are measured from the differences of the rows.
    """
    lengths = squared_lengths(rows, gallery)[:, None]
    squares = np.maximum(lengths - 2.0 * scores, 0.0)
    rounding = rounding_of(gallery.dim) * (lengths + squares)
    tied = np.diff(squares, axis=1) <= 2.0 * rounding[:, 1:]
    unsure = squares < 0.25 * lengths
    unsure[:, 1:] |= tied
    unsure[:, :-1] |= tied
    places = np.nonzero(unsure)
    indices = found[places]
    measured = squared_distances(rows, gallery, places[0], indices)
    starts = np.pad(~tied, ((0, 0), (1, 0)), constant_values=True)
    ties = np.cumsum(starts).reshape(starts.shape)[places]
    order = np.lexsort([indices, measured, ties])
    squares[places], found[places] = measured[order], indices[order]
    return squares, found
