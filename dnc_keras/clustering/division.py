"""How a training divides its images, from features to learners."""

from __future__ import annotations

import numpy as np

from dnc_keras.arrays.rows import Rows
from dnc_keras.clustering.assignments import drop_singletons
from dnc_keras.clustering.assignments import match_clusters
from dnc_keras.clustering.assignments import split_clusters
from dnc_keras.clustering.lloyd import kmeans


def divide(
    features, previous, labels, num_clusters, seed=0, in_two=False
) -> np.ndarray:
    """Clusters anew, and hands each cluster to the learner that knew it.

    Args:
        features: `[num_rows, feature_dim]` array or tensor; or
            `SharedFeatures`, of which each worker has a part. All other
            arguments are those of all rows then, and so is the result.
        previous: `[num_rows]` integers, the cluster of each row before; all 0
            where there was none.
        labels: `[num_rows]` array, the class of each row.
        num_clusters: number of clusters.
        seed: seed of k-means.
        in_two: whether each cluster c is cut into 2c and 2c + 1 then, the step
            of the hierarchical division (Sanakoyeu et al., TPAMI 2021).

    Returns:
        `[num_rows]` int32 array; -1 for a row that is alone of its class in
        its cluster.
    """
    current = np.zeros(len(previous), np.int32)
    if num_clusters > 1:
        current = kmeans(features, num_clusters, seed=seed).assignment
    if np.max(previous) > 0:
        current = match_clusters(previous, current)
    if in_two:
        current = split_clusters(features, current, seed)
    return drop_singletons(current, labels)


def drift(features, assignment) -> float:
    """The share of rows that are nearer to the mean of another cluster.

    One step of k-means from a division that features have moved away from.

    Args:
        features: `[num_rows, feature_dim]` float32 array, or `SharedFeatures`
            of such, of which each worker has a part.
        assignment: `[num_rows]` integers, the cluster of each row, of all
            workers; rows of -1 do not count.
    """
    assignment = np.asarray(assignment)
    used = np.flatnonzero(assignment >= 0)
    rows = Rows(features)
    means = [
        rows.only(np.flatnonzero(assignment == cluster)).mean
        for cluster in range(assignment.max() + 1)
    ]
    rows = rows.only(used)
    nearest = rows.distances_to(np.stack(means)).argmin(axis=0)
    has_left = nearest != assignment[used][rows.own]
    return float(rows.workers.total(np.sum(has_left)) / len(used))
