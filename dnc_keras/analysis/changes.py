"""What one division of the images into clusters changed of the one before."""

from __future__ import annotations

import numpy as np

from dnc_keras.clustering.assignments import check_same_rows
from dnc_keras.clustering.assignments import count_kept


def moves(previous, current) -> np.ndarray:
    """Counts the images that went from each cluster to each.

    Args:
        previous: `[num_images]` integers, the cluster of each image before;
            -1 is an unused image.
        current: `[num_images]` integers, the cluster of each image now.

    Returns:
        `[num_previous + 1, num_current + 1]` int64 array; the last row and
        the last column are the unused images.

    Example:

    >>> moves([0, 0, 1], [0, -1, 0])
    array([[1, 1],
           [1, 0],
           [0, 0]])
    """
    previous, current = _check_rows(previous, current)
    shape = _num_clusters(previous) + 1, _num_clusters(current) + 1
    counts = np.zeros(shape, np.int64)
    # Position -1 is the last one, which is where unused images belong.
    np.add.at(counts, (previous, current), 1)
    return counts


def kept_share(previous, current) -> float:
    """The share of images that keep their learner, as `Recluster` logs it.

    If there are twice as many clusters as before, cluster c became 2c and
    2c + 1 (the hierarchical division), and an image in either is kept.

    Args:
        previous: `[num_images]` integers, the cluster of each image before;
            -1 is an unused image.
        current: `[num_images]` integers, the cluster of each image now.

    Returns:
        A float in [0, 1], the share of the images that are used in both; 0.0
        if there are none.

    Example:

    >>> kept_share([0, 0, 1, 1], [0, 1, 1, -1])
    0.6666666666666666
    """
    previous, current = _check_rows(previous, current)
    has_doubled = _num_clusters(current) == 2 * _num_clusters(previous)
    num_kept, num_used = count_kept(previous, current, has_doubled)
    return num_kept / max(num_used, 1)


def _num_clusters(assignment):
    return assignment.max(initial=-1) + 1


def _check_rows(previous, current):
    previous, current = np.asarray(previous), np.asarray(current)
    check_same_rows("previous", previous, "current", current)
    return previous, current
