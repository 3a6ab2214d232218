"""What each learner specialised in: the clusters of one division."""

from __future__ import annotations

import dataclasses

import numpy as np

from dnc_keras.clustering.assignments import check_same_rows
from dnc_keras.clustering.assignments import count_pairs


@dataclasses.dataclass(frozen=True, eq=False)
class Cluster:
    """The images of one learner.

    learner: number of the learner.
    num_images: number of its images.
    num_classes: number of classes that have images in the cluster.
    purity: share of its images that are of its largest class, in [0, 1]; 0.0
        in an empty cluster.
    largest_classes: (label, number of images) of its largest classes, most
        images first; of equal numbers the lower label comes first.
    exemplars: `[num_exemplars]` int array, the images nearest to the mean of
        the cluster's embeddings, nearest first; empty without embeddings.
    whole_classes: number of classes whose used images are all in the cluster.
        Each used class is either whole in one cluster or one of
        `split_classes`.
    """

    learner: int
    num_images: int
    num_classes: int
    purity: float
    largest_classes: list[tuple[int, int]]
    exemplars: np.ndarray
    whole_classes: int


@dataclasses.dataclass(frozen=True, eq=False)
class SplitClass:
    """A class whose images several learners share.

    label: the class.
    counts: `[num_clusters]` int array, its images in each cluster.
    entropy: how evenly they are spread, in bits: 0 for a class in one cluster,
        1 for one in two equal halves, `log2(num_clusters)` at most.
    """

    label: int
    counts: np.ndarray
    entropy: float


def describe_clusters(
    assignment,
    labels,
    embeddings=None,
    num_exemplars: int = 8,
    num_classes: int = 5,
) -> list[Cluster]:
    """Tells what is in the cluster of each learner.

    Args:
        assignment: `[num_images]` integers, the learner of each image; images
            of -1 are unused and belong to no cluster.
        labels: `[num_images]` integers, the class of each image.
        embeddings: `[num_images, dim]` array. None: no exemplars.
        num_exemplars: how many exemplars a cluster has at most; 8 fill a row
            of a page.
        num_classes: how many of its largest classes are named.

    Returns:
        A `Cluster` for each learner from 0 to the largest that has images;
        those without are empty.

    Example:

    >>> first, second = describe_clusters([0, 0, 1], labels=[7, 7, 9])
    >>> first.largest_classes, second.purity
    ([(7, 2)], 1.0)
    """
    assignment = np.asarray(assignment)
    classes, counts = _count(assignment, labels)
    _check_embeddings(embeddings, len(assignment))
    is_whole = (counts > 0) & (counts == counts.sum(axis=0))
    return [
        Cluster(
            learner=learner,
            num_images=int(row.sum()),
            num_classes=np.count_nonzero(row),
            purity=float(row.max(initial=0) / max(row.sum(), 1)),
            largest_classes=_largest(classes, row, num_classes),
            exemplars=_exemplars(
                np.flatnonzero(assignment == learner), embeddings, num_exemplars
            ),
            whole_classes=np.count_nonzero(is_whole[learner]),
        )
        for learner, row in enumerate(counts)
    ]


def split_classes(assignment, labels) -> list[SplitClass]:
    """Tells which classes are spread over several clusters.

    Args:
        assignment: `[num_images]` integers; images of -1 do not count.
        labels: `[num_images]` integers, the class of each image.

    Returns:
        A `SplitClass` for each class with images in more than one cluster, the
        most evenly spread first; of equal ones the lower label comes first.

    Example:

    >>> split_classes([0, 1, 1], labels=[7, 7, 9])[0].entropy
    1.0
    """
    classes, counts = _count(assignment, labels)
    is_split = np.count_nonzero(counts, axis=0) > 1
    found = [
        SplitClass(int(label), column, _entropy(column))
        for label, column in zip(classes[is_split], counts.T[is_split])
    ]
    return sorted(found, key=lambda split: -split.entropy)


def clustering_purity(assignment, labels) -> float:
    """The share of used images that are of the largest class of their cluster.

    Reference: Manning et al. 2008, Introduction to Information Retrieval,
    section 16.3. It grows with the number of clusters: compare only divisions
    into as many. With fewer clusters than classes it stays far below 1.

    Args:
        assignment: `[num_images]` integers; images of -1 do not count.
        labels: `[num_images]` integers, the class of each image.

    Returns:
        A float in [0, 1]; 0.0 if no image is used.
    """
    counts = _count(assignment, labels)[1]
    largest = counts.max(axis=1, initial=0).sum()
    return float(largest / max(counts.sum(), 1))


def _check_rows(assignment, labels):
    assignment, labels = np.asarray(assignment), np.asarray(labels)
    check_same_rows("assignment", assignment, "labels", labels)
    return assignment, labels


def _count(assignment, labels):
    """(`[num_classes]` labels, `[num_clusters, num_classes]` used images)."""
    assignment, labels = _check_rows(assignment, labels)
    classes, ids = np.unique(labels, return_inverse=True)
    shape = assignment.max(initial=-1) + 1, len(classes)
    return classes, count_pairs(assignment, ids, shape)


def _largest(classes, counts, num_classes):
    order = np.argsort(-counts, kind="stable")[:num_classes]
    return [(int(classes[i]), int(counts[i])) for i in order if counts[i]]


def _exemplars(members, embeddings, num_exemplars):
    if embeddings is None or not len(members):
        return np.zeros(0, np.int64)
    rows = np.asarray(embeddings)[members]
    squares = np.square(rows - rows.mean(axis=0)).sum(axis=1)
    return members[np.argsort(squares, kind="stable")[:num_exemplars]]


def _entropy(counts):
    shares = counts[counts > 0] / counts.sum()
    return float(-np.sum(shares * np.log2(shares)))


def _check_embeddings(embeddings, num_images):
    shape = np.shape(embeddings)
    if embeddings is not None and (len(shape) != 2 or shape[0] != num_images):
        raise ValueError(
            "embeddings must be [num_images, dim] with a row for each image. "
            f"Received: shape {list(shape)} for {num_images} images. "
            "Pass arrays of the same images in the same order."
        )
