"""How a training divides its images, from features to learners."""

from __future__ import annotations

import numpy as np

from dnc_keras.arrays.rows import Rows
from dnc_keras.clustering.assignments import drop_singletons
from dnc_keras.clustering.assignments import match_clusters
from dnc_keras.clustering.assignments import split_clusters
from dnc_keras.clustering.lloyd import kmeans
from dnc_keras.clustering.whole_classes import class_means
from dnc_keras.clustering.whole_classes import clusters_of_classes
from dnc_keras.support.checks import check_choice
from dnc_keras.support.labels import class_ids

UNITS = ("images", "classes", "random_classes")


def divide(
    features,
    previous,
    labels,
    num_clusters,
    seed=0,
    in_two=False,
    unit="images",
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
        seed: seed of k-means, and of what is random.
        in_two: whether each cluster c is cut into 2c and 2c + 1 then, the step
            of the hierarchical division (Sanakoyeu et al., TPAMI 2021).
        unit: what stays together. "images", the default, are clustered one by
            one, as in both papers; "classes" by the means of their rows;
            "random_classes" are dealt out, equally many to each cluster,
            whatever `features` and, but for `in_two`, `previous` are.

    Returns:
        `[num_rows]` int32 array; -1 for a row that is alone of its class in
        its cluster.

    Raises:
        ValueError: for whole classes of which there are fewer than two for
            each cluster.
    """
    check_choice("unit", unit, UNITS)
    if unit == "images":
        current = _cluster(features, previous, num_clusters, seed, in_two)
        return drop_singletons(current, labels)
    ids, names = class_ids(labels)
    if not in_two:
        _check_classes(len(names), num_clusters)
    of_class = clusters_of_classes(previous, ids, len(names))
    if unit == "classes":
        means = class_means(features, ids, len(names))
        current = _cluster(means, of_class, num_clusters, seed, in_two)
    elif in_two:
        current = _deal_out(of_class, 2, seed)
    else:
        current = _deal_out(np.zeros(len(names), int), num_clusters, seed)
    return drop_singletons(current[ids], labels)


def _check_classes(num_classes, num_clusters):
    if num_classes < 2 * num_clusters:
        raise ValueError(
            "Whole classes need two for each cluster at least, for pairs that "
            f"are not alike. Received: {num_classes} classes for "
            f"{num_clusters} clusters. Use {num_classes // 2 or 1} or fewer "
            "learners (num_learners, num_clusters), or divide images."
        )


def _cluster(features, previous, num_clusters, seed, in_two):
    current = np.zeros(len(previous), np.int32)
    if num_clusters > 1:
        current = kmeans(features, num_clusters, seed=seed).assignment
    if np.max(previous) > 0:
        current = match_clusters(previous, current)
    if in_two:
        current = split_clusters(features, current, seed)
    return current


def _deal_out(clusters, num_parts, seed):
    """Cuts each cluster of classes into equal parts at random."""
    random = np.random.default_rng(seed)
    parts = np.full(len(clusters), -1)
    for cluster in np.unique(clusters[clusters >= 0]):
        members = random.permutation(np.flatnonzero(clusters == cluster))
        places = np.arange(len(members)) % num_parts
        parts[members] = num_parts * cluster + places
    return parts


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
