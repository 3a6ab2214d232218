"""Images whose neighbours agree on another class."""

from __future__ import annotations

import numpy as np

from dnc_keras.analysis.finding import Finding
from dnc_keras.metrics import nearest_neighbors

NUM_NEIGHBORS = 10
MIN_NEIGHBORS = 3
MIN_OTHER = 0.6
MAX_OWN = 0.2


def probable_wrong_labels(
    embeddings, labels, part_of, num_neighbors: int = NUM_NEIGHBORS
):
    """Finds images whose nearest neighbours are mostly of one other class.

    The vote of the k nearest neighbours, as in SimiFeat (Zhu et al. 2022,
    https://arxiv.org/abs/2110.06283), which needs no second model. Votes are
    weighted by cosine similarity. An image is suspicious if one other class
    has 60% of the votes and its own at most 20%: an image between two classes
    has votes of both, and is a hard one rather than a wrong one.

    Args:
        embeddings: `[num_images, dim]` float array, rows of length 1.
        labels: `[num_images]` integers.
        part_of: `[num_images]` integers. Only images of the same part vote, as
            train and test have other classes.
        num_neighbors: number of votes, 10 as in SimiFeat; less, down to 3,
            in a part where the median class has fewer images, as most of ten
            votes could not be for such a class.

    Returns:
        A list of `Finding`, highest score first: the share of the votes for
        the suggested class less that for the own one, in [-1, 1].
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
    typical = max(MIN_NEIGHBORS, int(np.median(sizes)))
    return min(num_neighbors, typical, len(labels) - 1)


def _findings(rows, embeddings, labels, k):
    part = embeddings[rows]
    distances, found = nearest_neighbors(part, part, k, exclude_self=True)
    found = rows[found]
    votes = np.maximum(1.0 - 0.5 * distances**2, 0.0) / k
    others, own, other = count_votes(votes, labels[found], labels[rows])
    suspicious = np.flatnonzero((other >= MIN_OTHER) & (own <= MAX_OWN))
    return [
        Finding(
            "probable_wrong_label",
            row=int(rows[i]),
            other=int(found[i, others[i]]),
            suggested_label=int(labels[found[i, others[i]]]),
            score=float(other[i] - own[i]),
        )
        for i in suspicious
    ]


def count_votes(votes, voted, own_labels):
    """Sums the votes for the own class, and for the strongest other one.

    Args:
        votes: `[num_images, k]` float array, the weight of each vote.
        voted: `[num_images, k]` integers, the label that each is for.
        own_labels: `[num_images]` integers.

    Returns:
        (places, own, other): `[num_images]` each; the place of the first vote
        for the other class, and the votes for each of both, 0.0 for none.
    """
    is_own = voted == own_labels[:, None]
    support = np.zeros_like(votes)
    for place in range(votes.shape[1]):
        agree = voted == voted[:, place, None]
        support[:, place] = (votes * agree).sum(axis=1)
    own = (votes * is_own).sum(axis=1)
    support[is_own] = 0.0
    places = support.argmax(axis=1)
    return places, own, support.max(axis=1)
