"""Which queries have an image to find, and why the others have none."""

from __future__ import annotations

import dataclasses

import numpy as np

from dnc_keras.metrics.arguments import check_names
from dnc_keras.metrics.truth import Truth

_SINGLE = "single image of its class"
_NO_CLASS = "class not in the gallery"
_ONE_CAMERA = "all images of its class are of its own camera"
_ADVICE = {
    _SINGLE: "Give each class two images or more",
    _NO_CLASS: "Give the gallery images of the queries' classes",
    _ONE_CAMERA: "Correct the cameras, or leave them out",
}


@dataclasses.dataclass(frozen=True, eq=False)
class QueryMatches:
    """How many images each query can find, and why some can find none.

    Args:
        num_matches: `[num_queries]` integers, the images of the query's class
            that are searched: R.
        reasons: a dict of the reasons why queries have no match, in words, and
            the number of queries of each; empty where all have one.
    """

    num_matches: np.ndarray
    reasons: dict

    @property
    def num_queries(self) -> int:
        return len(self.num_matches)

    @property
    def has_match(self) -> np.ndarray:
        """`[num_queries]` boolean array, which queries count."""
        return self.num_matches > 0

    @property
    def num_queries_without_match(self) -> int:
        return sum(self.reasons.values())

    @property
    def reason(self) -> str:
        """All reasons and their counts, for people; "" where there is none."""
        told = [f"{reason} ({num:,})" for reason, num in self.reasons.items()]
        return ", ".join(told)

    def describe(self) -> dict:
        """What a result says of the queries, and why some are left out."""
        return {
            "num_queries": self.num_queries,
            "num_queries_left_out": self.num_queries_without_match,
            "left_out_because": self.reason or None,
        }

    def check(self, what: str = "A search", advice: str = ""):
        """Raises ValueError if no query is left to measure anything with.

        Args:
            what: needs queries, for the message.
            advice: what else to do, for the message.
        """
        if not self.has_match.any():
            others = [_ADVICE[reason] for reason in self.reasons]
            raise ValueError(
                f"{what} needs queries with an image to find. Received: "
                f"{self.num_queries:,} queries, none of which has one: "
                f"{self.reason}. {'; '.join(others)}{advice}."
            )


def query_matches(
    labels, gallery_labels=None, query_cameras=None, gallery_cameras=None
) -> QueryMatches:
    """Counts the queries that an image can match, and those that none can.

    The metrics are means over those that one can. Look here before images
    are embedded.

    Args:
        labels: `[num_queries]` array of any type, the class of each query.
        gallery_labels: `[num_gallery]` array. None, the default: each query
            is searched among the others.
        query_cameras: `[num_queries]` array. With cameras, images of the class
            and the camera of the query are ignored.
        gallery_cameras: `[num_gallery]` array.

    Returns:
        A `QueryMatches`.

    Raises:
        ValueError: for no queries, and for arrays that do not match.

    Example:

    >>> matches = query_matches([5, 5, 6])
    >>> matches.num_queries_without_match, matches.reasons
    (1, {'single image of its class': 1})
    """
    return matches_of(
        truth_of(labels, gallery_labels, query_cameras, gallery_cameras)
    )


def told_left_out(result: dict) -> str:
    """How many queries a result leaves out, and why, in words.

    Args:
        result: holds what `QueryMatches.describe` gave, or not, as those of
            earlier versions.

    Returns:
        A text such as "2 of 9 queries: class not in the gallery (2)", or "".
    """
    names = ("num_queries_left_out", "num_queries")
    num, num_queries = (result.get(name) for name in names)
    if not num or not isinstance(num, int) or not isinstance(num_queries, int):
        return ""
    reason = result.get("left_out_because")
    return f"{num:,} of {num_queries:,} queries: {reason}"


def truth_of(labels, gallery_labels, query_cameras, gallery_cameras) -> Truth:
    """The `Truth` of the arguments of `query_matches`, which are checked."""
    alone = gallery_labels is None
    _check_cameras(alone, query_cameras, gallery_cameras)
    check_names("labels", labels, _num_rows(labels))
    if alone:
        return Truth(labels, labels, exclude_self=True)
    num_queries, num_gallery = _num_rows(labels), _num_rows(gallery_labels)
    check_names("gallery_labels", gallery_labels, num_gallery)
    if query_cameras is not None:
        check_names("query_cameras", query_cameras, num_queries)
        check_names("gallery_cameras", gallery_cameras, num_gallery)
    return Truth(labels, gallery_labels, False, query_cameras, gallery_cameras)


def matches_of(truth: Truth) -> QueryMatches:
    """The matches that a `Truth` knows."""
    without = truth.num_relevant == 0
    has_class = truth.num_of_class > 0
    found = {
        _SINGLE: without & truth.exclude_self,
        _NO_CLASS: without & ~has_class & (not truth.exclude_self),
        _ONE_CAMERA: without & has_class,
    }
    counts = {reason: int(np.sum(is_so)) for reason, is_so in found.items()}
    return QueryMatches(
        truth.num_relevant, {reason: n for reason, n in counts.items() if n}
    )


def _num_rows(names):
    shape = np.shape(names)
    return shape[0] if shape else 0


def _check_cameras(alone, query_cameras, gallery_cameras):
    if alone and query_cameras is not None:
        raise ValueError("query_cameras needs a gallery. Pass both.")
    if query_cameras is None and gallery_cameras is not None:
        raise ValueError("gallery_cameras needs query_cameras. Pass both.")
