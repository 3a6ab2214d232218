"""How far a division leaves classes together."""

from __future__ import annotations

import numpy as np

from dnc_keras.clustering.assignments import check_same_rows
from dnc_keras.clustering.whole_classes import count_by_class
from dnc_keras.support.labels import class_ids


def inverse_purity(assignment, labels) -> float:
    """The share of the rows that are where most of their class are.

    Reference: Amigo et al., Information Retrieval 2009, section 3. Purity asks
    the other way round, whether a cluster has one class.

    Args:
        assignment: `[num_rows]` integers, the cluster of each row; -1 is in
            none.
        labels: `[num_rows]` labels of any type that sorts.

    Returns:
        A share, 0 to 1; 1 where every class is in one cluster.

    Example:

    >>> inverse_purity([0, 0, 1, 1], [5, 5, 5, 6])
    0.75
    """
    counts = _counts(assignment, labels)
    return float(counts.max(axis=1).sum() / len(assignment))


def cut_pairs(assignment, labels) -> float:
    """The share of the positive pairs that no batch of a cluster can have.

    Args:
        assignment: `[num_rows]` integers, the cluster of each row; -1 is in
            none.
        labels: `[num_rows]` labels of any type that sorts.

    Returns:
        Of all pairs of rows of one class the share that is not in one cluster;
        0 where there are no pairs.

    Example:

    >>> cut_pairs([0, 0, 1, 1], [5, 5, 5, 6])
    0.6666666666666667
    """
    kept = _num_pairs(_counts(assignment, labels))
    num_pairs = _num_pairs(_counts(np.zeros_like(assignment), labels))
    return float(1 - kept / num_pairs) if num_pairs else 0.0


def _counts(assignment, labels):
    assignment = np.asarray(assignment)
    ids, names = class_ids(labels)
    check_same_rows("assignment", assignment, "labels", ids)
    return count_by_class(assignment, ids, len(names))


def _num_pairs(counts):
    return np.sum(counts * (counts - 1) // 2)
