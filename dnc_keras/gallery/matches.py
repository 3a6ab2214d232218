"""The nearest images of each query, and why they are near."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Optional

import numpy as np

from dnc_keras.gallery.collection import Collection
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_not_negative


@dataclasses.dataclass(frozen=True)
class Match:
    """One neighbour of a query.

    Args:
        row: its place in the gallery.
        distance: Euclidean, of the embeddings.
        is_match: whether the distance is within the threshold.
        learner_shares: `[num_learners]` share of the squared distance that
            each learner's slice of the embedding has, of sum 1. None where
            learners are not known, and at distance 0.
    """

    row: int
    distance: float
    is_match: bool
    learner_shares: Optional[list]


@dataclasses.dataclass(frozen=True)
class Matches:
    """The neighbours of each query.

    Args:
        queries: a `Collection`.
        gallery: a `Collection`.
        found: a list for each query of `Match`es, nearest first.
    """

    queries: Collection
    gallery: Collection
    found: list

    def to_json(self) -> list[dict]:
        """A dict for each query, of values that JSON knows."""
        return [
            {
                "query": name,
                "match": any(match.is_match for match in found),
                "neighbors": [self._neighbor(match) for match in found],
            }
            for name, found in zip(self.queries.names, self.found)
        ]

    def _neighbor(self, match):
        values = dataclasses.asdict(match)
        del values["row"]
        return {"id": self.gallery.names[match.row], **values}


def find_matches(
    index,
    queries: Collection,
    gallery: Collection,
    top_k: int,
    threshold: Optional[float] = None,
    num_learners: Optional[int] = None,
    leave_out_copies: bool = False,
) -> Matches:
    """Searches the gallery for the neighbours of each query.

    Args:
        index: an `ExactIndex` or `FaissIndex` of the gallery.
        queries: what is searched for.
        gallery: where it is searched.
        top_k: number of neighbours; all where the gallery has fewer.
        threshold: largest distance of a match. None, the default: every
            neighbour is one.
        num_learners: number of slices of the embedding. None, the default:
            not known.
        leave_out_copies: whether images with the content of the query are
            left out. By default they are found, at distance 0.

    Returns:
        `Matches`. A query has fewer than `top_k` where the gallery is
        smaller, or where the rest of it are copies that are left out.

    Raises:
        ValueError: for a `top_k` below 1, and a `threshold` below 0.
    """
    check_count("top_k", top_k)
    if threshold is not None:
        check_not_negative("threshold", threshold)
    copies = _num_copies(queries, gallery) if leave_out_copies else 0
    depth = min(top_k + copies, len(gallery))
    distances, rows = index.search(queries.embeddings, depth)
    limit = np.inf if threshold is None else threshold

    def match(query, row, distance):
        difference = queries.embeddings[query] - gallery.embeddings[row]
        shares = _learner_shares(difference, num_learners)
        distance = float(distance)
        return Match(int(row), distance, distance <= limit, shares)

    return Matches(
        queries,
        gallery,
        [
            [
                match(query, row, distance)
                for row, distance in zip(rows[query], distances[query])
                if not copies or not _is_copy(queries, query, gallery, row)
            ][:top_k]
            for query in range(len(queries))
        ],
    )


def _num_copies(queries, gallery):
    """The most images of the gallery with the content of one query."""
    if not queries.digests or not gallery.digests:
        return 0
    counts = Counter(gallery.digests)
    return max(counts[digest] for digest in queries.digests)


def _is_copy(queries, query, gallery, row):
    return queries.digests[query] == gallery.digests[row]


def _learner_shares(difference, num_learners):
    total = float(np.sum(difference**2))
    if not num_learners or not total:
        return None
    parts = np.sum(difference.reshape(num_learners, -1) ** 2, axis=1)
    return [float(part) / total for part in parts]
