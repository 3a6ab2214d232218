"""Images whose neighbours agree on another class."""

from __future__ import annotations

import numpy as np

from dnc_keras.analysis.finding import Finding
from dnc_keras.metrics import nearest_neighbors

NUM_NEIGHBORS = 10
MIN_NEIGHBORS = 3
MIN_OTHER = 0.6
MAX_OWN = 0.1


def probable_wrong_labels(
    embeddings, labels, part_of, num_neighbors: int = NUM_NEIGHBORS
):
    """Finds images whose nearest neighbours are mostly of one other class.

    The vote of the k nearest neighbours, as in SimiFeat (Zhu et al. 2022,
    https://arxiv.org/abs/2110.06283), which needs no second model. An image is
    suspicious if 60% of the votes are for one other class and at most 10% for
    its own: one may be another wrong label, but an image between two classes,
    with votes of both, is hard rather than wrong.

    Args:
        embeddings: `[num_images, dim]` float array, rows of length 1.
        labels: `[num_images]` integers.
        part_of: `[num_images]` integers. Only images of the same part vote, as
            train and test have other classes.
        num_neighbors: number of votes, 10 as in SimiFeat. In a part of small
            classes as many as an image of the median class has others, but at
            least 3: of more, most could not be for such a class.

    Returns:
        A list of `Finding`, highest score first: the votes for the suggested
        class less those for the own one, each weighted by its cosine
        similarity, divided by k; 1.0 at most.
    """
    findings = []
    for part in np.unique(part_of):
        rows = np.flatnonzero(part_of == part)
        k = _num_votes(labels[rows], num_neighbors)
        if k:
            findings += _findings(rows, embeddings, labels, k)
    return sorted(findings, key=lambda finding: -finding.score)


def _num_votes(labels, num_neighbors):
    sizes = np.unique(labels, return_counts=True)[1]
    typical = max(MIN_NEIGHBORS, int(np.median(sizes)) - 1)
    return min(num_neighbors, typical, len(labels) - 1)


def _findings(rows, embeddings, labels, k):
    part = embeddings[rows]
    distances, found = nearest_neighbors(part, part, k, exclude_self=True)
    voted, own = labels[rows][found], labels[rows][:, None]
    places, share = strongest_other(voted, own)
    other = np.take_along_axis(voted, places[:, None], axis=1)
    is_for = (voted == other).astype(np.float32) - (voted == own)
    scores = (is_for * (1.0 - 0.5 * distances**2)).mean(axis=1)
    own_share = (voted == own).mean(axis=1)
    suspicious = (share >= MIN_OTHER) & (own_share <= MAX_OWN)
    return [
        Finding(
            "probable_wrong_label",
            row=int(rows[i]),
            other=int(rows[found[i, places[i]]]),
            suggested_label=int(other[i, 0]),
            score=float(scores[i]),
        )
        for i in np.flatnonzero(suspicious)
    ]


def strongest_other(voted, own):
    """The label with the most votes that is not the own one.

    Args:
        voted: `[num_images, k]` integers, the label that each vote is for,
            that of the nearest neighbour first.
        own: `[num_images, 1]` integers.

    Returns:
        (places, share): `[num_images]` each, the place of its first vote and
        its share of the votes; of equal ones the nearer wins. The share is 0.0
        if all votes are for the own label.
    """
    shares = [(voted == label[:, None]).mean(axis=1) for label in voted.T]
    shares = np.where(voted == own, 0.0, np.stack(shares, axis=1))
    return shares.argmax(axis=1), shares.max(axis=1)
