"""Classes in the place of their images."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras.arrays.rows import Rows
from dnc_keras.arrays.unit_rows import scale_to_unit
from dnc_keras.clustering.assignments import count_pairs


def class_means(features, ids, num_classes) -> np.ndarray:
    """The direction of the mean of each class.

    Args:
        features: `[num_rows, feature_dim]` array or tensor, or
            `SharedFeatures`, of which each worker has a part.
        ids: `[num_rows]` integers, the class of each row, of all workers.
        num_classes: ids are 0 to `num_classes - 1`.

    Returns:
        `[num_classes, feature_dim]` float32 array, rows of length 1.
    """
    rows = Rows(features)
    sums = np.zeros([num_classes, rows.dim], np.float32)
    own = ids[rows.own]
    for part, block in rows.blocks():
        present, segments = np.unique(own[part], return_inverse=True)
        sums[present] += tf.math.unsorted_segment_sum(
            block, segments, len(present)
        ).numpy()
    return scale_to_unit(rows.workers.total(sums))


def clusters_of_classes(assignment, ids, num_classes) -> np.ndarray:
    """The cluster that has most images of each class.

    Args:
        assignment: `[num_rows]` integers, the cluster of each row; rows of -1
            do not vote.
        ids: `[num_rows]` integers, the class of each row.
        num_classes: ids are 0 to `num_classes - 1`.

    Returns:
        `[num_classes]` integers; the first of equal ones, and -1 for a class
        whose rows are all -1.
    """
    counts = count_by_class(assignment, ids, num_classes)
    return np.where(counts.any(axis=1), counts.argmax(axis=1), -1)


def count_by_class(assignment, ids, num_classes) -> np.ndarray:
    """`[num_classes, num_clusters]`: images of each class in each cluster."""
    num_clusters = int(np.max(assignment, initial=0)) + 1
    return count_pairs(ids, assignment, (num_classes, num_clusters))
