"""K-means in blocks of rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dnc_keras.arrays.rows import Rows
from dnc_keras.arrays.rows import check_squares
from dnc_keras.clustering.clusters import Clusters
from dnc_keras.clustering.starts import plus_plus
from dnc_keras.clustering.starts import starter
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_not_negative
from dnc_keras.support.checks import check_number
from dnc_keras.support.checks import check_seed


class KMeansResult(NamedTuple):
    """What `kmeans` found.

    Attributes:
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

    The features are read in blocks of rows: beyond them a run holds at most
    some 64 MB, the centroids and some numbers for each row. Tensors of
    float32 are read in place, arrays of at most 32 MB are copied once, and
    larger ones block by block in each pass; arrays that begin at a multiple
    of 64 bytes are read in place too. Equal arguments give equal bits on one
    machine.

    A cluster that loses all its rows takes the row farthest from its own
    centroid, so no cluster is empty in the end if there are at least
    `num_clusters` distinct rows.

    Args:
        features: `[num_rows, feature_dim]` array, tensor or `StoredRows`,
            which are read where they are, computed in float32; or
            `SharedFeatures`, of which each worker has a part. All workers get
            the same result then, for all rows.
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
    _check_num_clusters(rows, num_clusters)
    check_count("num_clusters", num_clusters)
    check_count("num_init", num_init)
    check_count("max_iterations", max_iterations)
    check_not_negative("tolerance", tolerance)
    check_seed("seed", seed)
    start = starter(rows, num_clusters, init, np.random.default_rng(seed))
    runs = (
        _lloyd(rows, start(), max_iterations, tolerance)
        for _ in range(num_init)
    )
    return min(runs, key=lambda run: run.inertia)


def two_means(rows, seed):
    """`[rows.num_all]` ids 0 and 1: the two halves of some rows."""
    start = plus_plus(rows, 2, np.random.default_rng(seed))
    return _lloyd(rows, start).assignment


def _lloyd(rows, centroids, max_iterations=100, tolerance=1e-4):
    clusters = Clusters(rows, len(centroids))
    limit = tolerance and tolerance * rows.mean_norm
    offsets = centroids - rows.mean
    for num_iterations in range(1, max_iterations + 1):
        if not clusters.assign(offsets):
            break
        updated = clusters.means(offsets)
        movement = np.sum((updated - offsets) ** 2, dtype=np.float64)
        offsets = updated
        if movement <= limit / rows.dim:
            break
    return _finish(rows, clusters, offsets, num_iterations)


def _finish(rows, clusters, offsets, num_iterations):
    clusters.assign(offsets)
    refilled = clusters.refilled
    centroids = offsets + rows.mean
    centroids[refilled] = clusters.sums[refilled]
    distances = rows.distances_to_own(centroids, clusters.assignment)
    check_squares(distances)
    inertia = float(rows.workers.total(distances.sum(dtype=np.float64)))
    assignment = rows.workers.gather(clusters.assignment)
    return KMeansResult(centroids, assignment, inertia, num_iterations)


def _check_num_clusters(rows, num_clusters):
    check_number("num_clusters", num_clusters)
    if not 1 <= num_clusters <= rows.num_all:
        raise ValueError(
            "num_clusters must be between 1 and the number of rows. Received: "
            f"num_clusters={num_clusters}, rows={rows.num_all}. "
            "Use fewer clusters or more images."
        )
