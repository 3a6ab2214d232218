"""What a training run does with its clusters."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from dnc_keras.arrays.rows import Rows
from dnc_keras.clustering.lloyd import two_means
from dnc_keras.support.labels import class_ids


def match_clusters(previous, current) -> np.ndarray:
    """Renames new clusters after the old ones they share most rows with.

    The renaming is one-to-one and keeps the largest possible number of rows
    under their previous id. Equal overlaps keep their number.

    Args:
        previous: `[num_rows]` integers, the cluster of each row before; rows
            of -1 do not vote.
        current: `[num_rows]` integers, the cluster of each row now; rows of
            -1 stay -1. Clusters beyond the previous ones get unused ids.

    Returns:
        `[num_rows]` int32 array, `current` with the new names.

    Example:

    >>> match_clusters([0, 0, 1, 1, 2, 2], [1, 1, 2, 2, 0, 0])
    array([0, 0, 1, 1, 2, 2], dtype=int32)
    """
    previous = np.asarray(previous, np.int64)
    current = np.asarray(current, np.int64)
    check_same_rows("previous", previous, "current", current)
    overlap = _overlap(previous, current)
    num_current = len(overlap)
    preference = overlap * (num_current + 1) + np.eye(*overlap.shape, dtype=int)
    names = linear_sum_assignment(preference, maximize=True)[1]
    return np.append(names, -1)[current].astype(np.int32)


def split_clusters(features, assignment, seed: int = 0) -> np.ndarray:
    """Cuts each cluster in two by 2-means.

    Reference: the hierarchical schedule of Sanakoyeu et al., TPAMI 2021.

    Args:
        features: `[num_rows, feature_dim]` array or tensor, or
            `SharedFeatures`, of which each worker has a part.
        assignment: `[num_rows]` integers, the cluster of each row, of all
            workers.
        seed: seed of the draws.

    Returns:
        `[num_rows]` int32 array: cluster c became 2c and 2c + 1. -1 stays -1,
        and a cluster of a single row becomes 2c.
    """
    assignment = np.asarray(assignment)
    rows = Rows(features)
    if assignment.shape != (rows.num_all,):
        raise ValueError(
            "features and assignment must have the same rows. Received: "
            f"{rows.num_all} and {len(assignment)} rows."
        )
    halves = np.where(assignment < 0, -1, 2 * assignment).astype(np.int32)
    for cluster in np.unique(assignment[assignment >= 0]):
        members = np.flatnonzero(assignment == cluster)
        if len(members) > 1:
            halves[members] += two_means(rows.only(members), seed)
    return halves


def drop_singletons(assignment, labels) -> np.ndarray:
    """Sets aside each image that is alone of its class in its cluster.

    Such an image has no positive pair there, so it would never train.

    Args:
        assignment: `[num_rows]` integers, the cluster of each row.
        labels: `[num_rows]` labels of any type that sorts.

    Returns:
        `[num_rows]` int32 array, `assignment` with -1 at those rows.
    """
    assignment = np.asarray(assignment, np.int64)
    ids, classes = class_ids(labels)
    check_same_rows("assignment", assignment, "labels", ids)
    groups = assignment * len(classes) + ids
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return np.where(sizes[group] == 1, -1, assignment).astype(np.int32)


def count_kept(previous, current, has_doubled=False) -> tuple[int, int]:
    """Counts the rows that keep their learner.

    Args:
        previous: `[num_rows]` integers, the cluster of each row before; -1 is
            an unused row.
        current: `[num_rows]` integers, the cluster of each row now.
        has_doubled: whether each cluster c was cut into 2c and 2c + 1; a row
            in either is kept.

    Returns:
        (num_kept, num_used): of the rows that are used in both.

    Example:

    >>> count_kept([0, 0, 1, 1], [0, 1, 1, -1])
    (2, 3)
    """
    previous, current = np.asarray(previous), np.asarray(current)
    check_same_rows("previous", previous, "current", current)
    learner = current // 2 if has_doubled else current
    is_used = (previous >= 0) & (current >= 0)
    is_kept = is_used & (previous == learner)
    return int(np.count_nonzero(is_kept)), int(np.count_nonzero(is_used))


def _overlap(previous, current):
    """`[num_current, num_ids]` rows that each pair of clusters shares."""
    num_current = current.max(initial=-1) + 1
    num_ids = max(num_current, previous.max(initial=-1) + 1)
    return count_pairs(current, previous, (num_current, num_ids))


def count_pairs(first, second, shape) -> np.ndarray:
    """How many rows have each pair of ids.

    Args:
        first, second: `[num_rows]` integers, two ids of each row; rows of -1
            in either do not count.
        shape: (number of first ids, number of second ids).

    Returns:
        An int64 array of that shape.
    """
    first, second = np.asarray(first, np.int64), np.asarray(second, np.int64)
    is_used = (first >= 0) & (second >= 0)
    pairs = first[is_used] * shape[1] + second[is_used]
    return np.bincount(pairs, minlength=shape[0] * shape[1]).reshape(shape)


def check_same_rows(first_name, first, second_name, second):
    """Raises ValueError unless two arrays have one entry for each row."""
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(
            f"{first_name} and {second_name} must have one entry for each row. "
            f"Received: shapes {list(first.shape)} and {list(second.shape)}. "
            "Pass arrays of the same images in the same order."
        )
