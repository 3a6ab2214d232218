"""K-means in blocks of rows."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from dnc_keras.clustering.rows import Rows
from dnc_keras.clustering.rows import Scorer

# Above this many clusters a sum by one-hot matmul costs more than by segments.
MAX_ONE_HOT_CLUSTERS = 32


class KMeansResult(NamedTuple):
    """What `kmeans` found.

    centroids: `[num_clusters, feature_dim]` float32 array.
    assignment: `[num_rows]` int32 array, the cluster of each row.
    inertia: sum of the squared distances of the rows to their centroids.
    num_iterations: how often the centroids were updated.
    """

    centroids: np.ndarray
    assignment: np.ndarray
    inertia: float
    num_iterations: int


def kmeans(
    features,
    num_clusters: int,
    init="k-means++",
    num_init: int = 1,
    max_iterations: int = 100,
    tolerance: float = 1e-4,
    seed: int = 0,
) -> KMeansResult:
    """Lloyd's k-means on TensorFlow, without sampling or approximation.

    The features are read in blocks of rows and never copied whole: beyond them
    a run holds a few blocks of 8 MB, at most 40 MB of
    scores, the centroids and some numbers for each
    row. Equal arguments give equal bits on one machine.

    A cluster that loses all its rows takes the row farthest from its own
    centroid, so no cluster is empty in the end if there are at least
    `num_clusters` distinct rows.

    Args:
        features: `[num_rows, feature_dim]` array or tensor, computed in
            float32.
        num_clusters: number of clusters, at most `num_rows`.
        init: first centroids. "k-means++" draws them far apart (the greedy
            version of scikit-learn) and reads the features once for each
            cluster; "random" draws rows, the better choice for thousands of
            clusters; a `[num_clusters, feature_dim]` array is used as it is.
        num_init: number of runs; the one of least inertia is returned. One
            run is enough for an `init` array.
        max_iterations: largest number of updates of the centroids.
        tolerance: a run ends when the squared movement of all centroids is at
            most `tolerance` times the mean variance of a feature, as in
            scikit-learn.
        seed: seed of the draws.

    Returns:
        A `KMeansResult`.

    Example:

    >>> features = np.array([[0.0], [1.0], [9.0]])
    >>> kmeans(features, 2, init=features[[0, 2]]).assignment
    array([0, 0, 1], dtype=int32)
    """
    rows = Rows(features)
    _check_counts(rows, num_clusters, num_init, max_iterations)
    start = _starter(rows, num_clusters, init, np.random.default_rng(seed))
    runs = (
        _lloyd(rows, start(), max_iterations, tolerance)
        for _ in range(num_init)
    )
    return min(runs, key=lambda run: run.inertia)


def two_means(rows, seed):
    """`[rows.num]` ids 0 and 1: the two halves of some rows."""
    start = _plus_plus(rows, 2, np.random.default_rng(seed))
    return _lloyd(rows, start).assignment


def _starter(rows, num_clusters, init, rng):
    """A function that returns the first centroids of the next run."""
    if isinstance(init, str):
        if init == "k-means++":
            return lambda: _plus_plus(rows, num_clusters, rng)
        if init == "random":
            return lambda: _random_rows(rows, num_clusters, rng)
        raise ValueError(
            f'init must be "k-means++", "random" or an array. Received: {init}.'
        )
    centroids = np.array(init, np.float32)
    if centroids.shape != (num_clusters, rows.dim):
        raise ValueError(
            "init must have the shape [num_clusters, feature_dim]. Expected: "
            f"{[num_clusters, rows.dim]}. Received: {list(centroids.shape)}."
        )
    if not np.isfinite(centroids).all():
        raise ValueError(
            "init must be finite. Received: NaN or infinity. "
            'Use init="k-means++".'
        )
    return lambda: centroids


def _random_rows(rows, num_clusters, rng):
    chosen = rng.choice(rows.num, num_clusters, replace=False)
    return rows.take(chosen).numpy()


def _plus_plus(rows, num_clusters, rng):
    """Greedy k-means++: of some drawn rows the one that helps most."""
    num_trials = 2 + int(math.log(num_clusters))
    chosen = [rng.integers(rows.num)]
    closest = rows.distances_to(rows.take(chosen))[0]
    while len(chosen) < num_clusters:
        drawn = _draw(closest, num_trials, rng)
        distances = np.minimum(closest, rows.distances_to(rows.take(drawn)))
        best = np.argmin(distances.sum(axis=1, dtype=np.float64))
        chosen.append(drawn[best])
        closest = distances[best]
    return rows.take(np.array(chosen)).numpy()


def _draw(weights, num_draws, rng):
    ends = np.cumsum(weights, dtype=np.float64)
    drawn = np.searchsorted(ends, rng.random(num_draws) * ends[-1], "right")
    return np.minimum(drawn, len(weights) - 1)


def _lloyd(rows, centroids, max_iterations=100, tolerance=1e-4):
    limit = tolerance * rows.norms.mean(dtype=np.float64) / rows.dim
    assignment = None
    for num_iterations in range(1, max_iterations + 1):
        before = assignment
        assignment, sums, _ = _assign(rows, centroids)
        if np.array_equal(assignment, before):
            break
        updated = _means(sums, assignment, centroids)
        movement = np.sum((updated - centroids) ** 2, dtype=np.float64)
        centroids = updated
        if movement <= limit:
            break
    return _finish(rows, centroids, num_iterations)


def _finish(rows, centroids, num_iterations):
    assignment, sums, refilled = _assign(rows, centroids)
    centroids = centroids.copy()
    centroids[refilled] = sums[refilled]
    distances = rows.distances_to_own(centroids, assignment)
    inertia = float(distances.sum(dtype=np.float64))
    return KMeansResult(centroids, assignment, inertia, num_iterations)


def _assign(rows, centroids):
    """Nearest centroids; the sums of each cluster; clusters that were empty."""
    scorer = Scorer(centroids, rows.mean)
    assignment = np.empty(rows.num, np.int32)
    sums = np.zeros(centroids.shape)
    for part, block in rows.blocks():
        nearest = scorer.nearest(block)
        assignment[part] = nearest
        sums += _cluster_sums(block, nearest, len(centroids)).numpy()
    refilled = _refill(rows, centroids, assignment, sums)
    return assignment, sums, refilled


def _cluster_sums(block, assignment, num_clusters):
    if num_clusters > MAX_ONE_HOT_CLUSTERS:
        return tf.math.unsorted_segment_sum(block, assignment, num_clusters)
    return tf.matmul(
        tf.one_hot(assignment, num_clusters), block, transpose_a=True
    )


def _refill(rows, centroids, assignment, sums):
    """Moves the farthest rows into the empty clusters, in place."""
    counts = np.bincount(assignment, minlength=len(centroids))
    empty = np.flatnonzero(counts == 0)
    if not empty.size:
        return empty
    distances = rows.distances_to_own(centroids, assignment)
    moved = _farthest(distances, assignment, counts, len(empty))
    points = rows.take(moved).numpy()
    refilled = empty[: len(moved)]
    np.subtract.at(sums, assignment[moved], points)
    sums[refilled] = points
    assignment[moved] = refilled
    return refilled


def _farthest(distances, assignment, counts, limit):
    """Up to `limit` rows, each from a cluster that keeps another one."""
    moved = []
    for row in np.argsort(-distances, kind="stable"):
        if len(moved) == limit or distances[row] == 0.0:
            break
        if counts[assignment[row]] > 1:
            counts[assignment[row]] -= 1
            moved.append(row)
    return np.array(moved, np.int64)


def _means(sums, assignment, centroids):
    counts = np.bincount(assignment, minlength=len(centroids))[:, None]
    means = sums / np.maximum(counts, 1)
    return np.where(counts > 0, means, centroids).astype(np.float32)


def _check_counts(rows, num_clusters, num_init, max_iterations):
    if not 1 <= num_clusters <= rows.num:
        raise ValueError(
            "num_clusters must be between 1 and the number of rows. Received: "
            f"num_clusters={num_clusters}, rows={rows.num}. "
            "Use fewer clusters or more images."
        )
    if num_init < 1 or max_iterations < 1:
        raise ValueError(
            "num_init and max_iterations must be at least 1. Received: "
            f"num_init={num_init}, max_iterations={max_iterations}."
        )
