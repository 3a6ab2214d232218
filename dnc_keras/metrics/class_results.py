"""How well each class is found, and which it is mistaken for."""

from __future__ import annotations

import dataclasses

import numpy as np

from dnc_keras.support.checks import check_count


@dataclasses.dataclass(frozen=True, eq=False)
class ClassResults:
    """A row for each class.

    Args:
        num_images: `[num_classes]` integers, images that are searched.
        num_queries: `[num_classes]` integers, queries that count.
        num_left_out: `[num_classes]` integers, queries without an image to
            find, such as the only image of its class.
        values: a dict of metrics and `[num_classes]` float arrays, the mean
            over the queries that count; NaN, not 0, where none does.
        nearest: `[num_classes]` integers, the other class to which the nearest
            image of another class belongs for most queries, those left out
            too; of equal ones that with the nearest image. -1 for none.
        nearest_share: `[num_classes]` floats, the share of the queries for
            which it is that class; NaN for none.
    """

    num_images: np.ndarray
    num_queries: np.ndarray
    num_left_out: np.ndarray
    values: dict
    nearest: np.ndarray
    nearest_share: np.ndarray

    @property
    def is_measured(self) -> np.ndarray:
        """`[num_classes]` boolean array: has a query that counts."""
        return self.num_queries > 0


@dataclasses.dataclass(frozen=True)
class Confusion:
    """Two classes whose images are taken for each other.

    Args:
        first: the class, an integer, of which more images are mistaken.
        second: the other class.
        num_first: queries of `first` whose nearest image is of `second`.
        num_second: the other way round.
        query: the row of the query that is nearest to such an image.
        other: the row of that image in the gallery.
        distance: between the two.
    """

    first: int
    second: int
    num_first: int
    num_second: int
    query: int
    other: int
    distance: float


def class_results(
    values, value_labels, labels, gallery_labels, distances, indices
) -> ClassResults:
    """Summarizes each class.

    Args:
        values: a dict of `[num_values]` arrays, of `retrieval_values`; NaN for
            a query that does not count.
        value_labels: `[num_values]` integers, the class of each value: those
            of the queries, or of the queries of several drawn galleries.
        labels: `[num_queries]` integers from 0 on, the class of each query.
        gallery_labels: `[num_gallery]` integers; `labels` again where each
            image is searched among all others.
        distances: `[num_queries]` array, of `nearest_others`.
        indices: `[num_queries]` array, of `nearest_others`.

    Returns:
        A `ClassResults`, whose row c is class c.
    """
    num_classes = 1 + max(np.max(labels), np.max(gallery_labels))
    counts = ~np.isnan(next(iter(values.values())))
    num_queries = np.bincount(value_labels[counts], minlength=num_classes)
    num_values = np.bincount(value_labels, minlength=num_classes)
    nearest, share = _nearest(
        labels, gallery_labels, distances, indices, num_classes
    )
    return ClassResults(
        num_images=np.bincount(gallery_labels, minlength=num_classes),
        num_queries=num_queries,
        num_left_out=num_values - num_queries,
        values={
            name: _means(each, value_labels, num_classes)
            for name, each in values.items()
        },
        nearest=nearest,
        nearest_share=share,
    )


def confusions(
    is_right, labels, gallery_labels, distances, indices, num=None
) -> list[Confusion]:
    """The pairs of classes that are mistaken for each other most often.

    Args:
        is_right: `[num_queries]` floats, `recall_at_1` of `retrieval_values`:
            only queries with 0.0 are mistaken; NaN does not count.
        labels: as for `class_results`.
        gallery_labels: as for `class_results`.
        distances: as for `class_results`.
        indices: as for `class_results`.
        num: how many pairs at most. None, the default: all.

    Returns:
        A list of `Confusion`, by the number of mistaken queries of both
        classes together, then by distance.
    """
    if num is not None:
        check_count("num", num)
    rows = np.flatnonzero((is_right == 0.0) & (indices >= 0))
    # The nearest pair of images of two classes comes first.
    rows = rows[np.argsort(distances[rows], kind="stable")]
    pairs = {}
    for row in rows:
        own, other = int(labels[row]), int(gallery_labels[indices[row]])
        pair = pairs.setdefault((min(own, other), max(own, other)), [])
        pair.append(row)
    ordered = sorted(pairs.items(), key=lambda item: -len(item[1]))
    return [
        _confusion(*classes, mistaken, labels, distances, indices)
        for classes, mistaken in ordered[:num]
    ]


def _confusion(first, second, rows, labels, distances, indices):
    num_first = int(np.sum(labels[rows] == first))
    num_second = len(rows) - num_first
    if num_second > num_first:
        first, second = second, first
        num_first, num_second = num_second, num_first
    return Confusion(
        *(first, second, num_first, num_second),
        query=int(rows[0]),
        other=int(indices[rows[0]]),
        distance=float(distances[rows[0]]),
    )


def _means(each, labels, num_classes):
    counts = ~np.isnan(each)
    num = np.bincount(labels[counts], minlength=num_classes)
    total = np.bincount(labels[counts], each[counts], num_classes)
    return np.where(num, total / np.maximum(num, 1), np.nan)


def _nearest(labels, gallery_labels, distances, indices, num_classes):
    """The most frequent other class of each class, and its share."""
    nearest = np.full(num_classes, -1)
    share = np.full(num_classes, np.nan)
    rows = np.flatnonzero(indices >= 0)
    pairs = np.stack([labels[rows], gallery_labels[indices[rows]]], axis=1)
    order = np.argsort(distances[rows], kind="stable")
    pairs, first, counts = np.unique(
        pairs[order], axis=0, return_index=True, return_counts=True
    )
    # By class, most frequent first, then nearest first.
    best = np.lexsort([first, -counts, pairs[:, 0]])
    classes, places = np.unique(pairs[best, 0], return_index=True)
    nearest[classes] = pairs[best[places], 1]
    num = np.bincount(labels[rows], minlength=num_classes)
    share[classes] = counts[best[places]] / num[classes]
    return nearest, share
