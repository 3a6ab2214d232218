"""How far apart pairs of one class are, and pairs of different classes."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from dnc_keras.arrays.rows import check_squares
from dnc_keras.metrics.query_matches import truth_of
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_part
from dnc_keras.support.progress import track

# Distances are counted by their fourth decimal, rounded up: a threshold of
# four decimals stays the same when it is printed and typed again.
BINS_PER_UNIT = 10**4
# Distances that differ by less are one: the rows are float32.
_ROUNDING = 1e-7
_MAX_BINS = 2**23
# Rows and columns whose distances stay in a processor's cache.
_TILE = 512


@dataclasses.dataclass(frozen=True)
class Threshold:
    """Up to which distance two images match, and how often that is wrong.

    Args:
        threshold: two images match up to this distance; of four decimals.
        false_match_rate: share of the pairs of different classes that match
            (FMR of ISO/IEC 19795-1).
        false_non_match_rate: share of the pairs of one class that do not
            match (FNMR).
        precision: share of the pairs that match that are of one class; NaN
            where none match.
        recall: share of the pairs of one class that match,
            `1 - false_non_match_rate`.
    """

    threshold: float
    false_match_rate: float
    false_non_match_rate: float
    precision: float
    recall: float


@dataclasses.dataclass(frozen=True, eq=False)
class PairDistances:
    """Exact counts of pairs by distance.

    A pair of an image and one that it is searched among; without a gallery
    each two images are one pair.

    Args:
        matching: `[num_thresholds]` integers, the pairs of one class whose
            distance is at most `thresholds[i]` and above `thresholds[i - 1]`.
        others: `[num_thresholds]` integers, the same of different classes.
    """

    matching: np.ndarray
    others: np.ndarray

    @property
    def num_matching(self) -> int:
        """Number of pairs of one class."""
        return int(self.matching.sum())

    @property
    def num_others(self) -> int:
        """Number of pairs of different classes."""
        return int(self.others.sum())

    @property
    def thresholds(self) -> np.ndarray:
        """`[num_thresholds]` distances: 0.0, 0.0001, 0.0002, ..."""
        return np.arange(len(self.matching)) / BINS_PER_UNIT

    @property
    def smallest_false_match_rate(self) -> float:
        """The smallest rate above 0 that can be measured: that of one pair."""
        return 1.0 / self.num_others if self.num_others else math.nan

    def curves(self) -> dict[str, np.ndarray]:
        """All rates over the threshold, shares of pairs.

        Returns:
            A dict of the fields of `Threshold` and `[num_thresholds]` float
            arrays.
        """
        matched = np.cumsum(self.matching)
        false = np.cumsum(self.others)
        with np.errstate(invalid="ignore"):
            precision = matched / (matched + false)
            recall = matched / np.float64(self.num_matching)
            false_match_rate = false / np.float64(self.num_others)
        return {
            "threshold": self.thresholds,
            "false_match_rate": false_match_rate,
            "false_non_match_rate": 1.0 - recall,
            "precision": precision,
            "recall": recall,
        }

    def histogram(self, num_bins: int = 100) -> tuple[np.ndarray, ...]:
        """The counts in wider bins, for people to look at.

        Args:
            num_bins: number of bins at most.

        Returns:
            (edges, matching, others): `[bins + 1]` distances, and `[bins]`
            integers. A bin has the distances above its lower edge, up to its
            upper one; the first has 0.0 too.
        """
        check_count("num_bins", num_bins)
        width = max(1, -(-(len(self.matching) - 1) // num_bins))
        last = max(width, len(self.matching) - 1)
        edges = np.arange(0, last + width, width)
        starts = np.append(0, edges[1:-1] + 1)
        return (
            edges / BINS_PER_UNIT,
            np.add.reduceat(self.matching, starts),
            np.add.reduceat(self.others, starts),
        )

    def at_false_match_rate(self, rate: float) -> Threshold:
        """The largest threshold whose false match rate is not above a rate.

        Args:
            rate: highest false match rate, above 0 and below 1.

        Returns:
            A `Threshold`.

        Raises:
            ValueError: where there are too few pairs of different classes for
                such a rate, none of one class, or where more pairs of
                different classes than the rate allows have distance 0.
        """
        self._check_rate(rate)
        allowed = math.floor(rate * self.num_others)
        num = int(np.searchsorted(np.cumsum(self.others), allowed, "right"))
        if not num:
            raise ValueError(
                "No threshold has so low a false match rate: more images of "
                "different classes are alike to the last digit. Look for "
                "copies in two classes, or use a larger rate."
            )
        matched = int(self.matching[:num].sum())
        false = int(self.others[:num].sum())
        both = matched + false
        return Threshold(
            threshold=(num - 1) / BINS_PER_UNIT,
            false_match_rate=false / self.num_others,
            # Counted, as 1.0 - recall is not rounded the same.
            false_non_match_rate=(self.num_matching - matched)
            / self.num_matching,
            precision=matched / both if both else math.nan,
            recall=matched / self.num_matching,
        )

    def _check_rate(self, rate):
        check_part("rate", rate, example=0.001)
        if not self.num_matching or not self.num_others:
            raise ValueError(
                "A threshold needs two classes at least, and a class of two "
                f"images. Received: {self.num_matching} pairs of one class, "
                f"{self.num_others} of different ones. Add images."
            )
        if rate * self.num_others < 1.0:
            raise ValueError(
                f"A false match rate of {rate:g} needs at least "
                f"{math.ceil(1 / rate):,} pairs of images of different "
                f"classes. Received: {self.num_others:,}. Use "
                f"{math.ceil(1e4 / self.num_others) / 1e4:g} or more images."
            )


def pair_distances(
    embeddings,
    labels,
    gallery_embeddings=None,
    gallery_labels=None,
    query_cameras=None,
    gallery_cameras=None,
) -> PairDistances:
    """Counts pairs of one class, and of different ones, by their distance.

    Without a gallery each image is compared with every other one once; with
    one, each query with each image of the gallery. With cameras, pairs of one
    class and one camera are left out, as in `retrieval_values`.

    Distances are computed in float64 and in blocks, so that memory does not
    grow with the number of pairs: 60,502 images of 128 numbers, 1.8e9 pairs,
    need some 200 MB.

    Args:
        embeddings: `[num_queries, dim]` array.
        labels: `[num_queries]` array of any type, the class of each row.
        gallery_embeddings: `[num_gallery, dim]` array.
        gallery_labels: `[num_gallery]` array.
        query_cameras: `[num_queries]` array.
        gallery_cameras: `[num_gallery]` array.

    Returns:
        A `PairDistances`.

    Raises:
        ValueError: for NaN or infinity, for arrays that do not match, and for
            distances above 400, where four decimals are too many.

    Example:

    >>> pairs = pair_distances([[0.0], [0.1], [0.5]], [5, 5, 6])
    >>> pairs.num_matching, pairs.num_others
    (1, 2)
    >>> pairs.at_false_match_rate(0.5).threshold
    0.4999
    """
    alone = gallery_embeddings is None
    truth = truth_of(
        labels,
        None if alone else gallery_labels,
        query_cameras,
        gallery_cameras,
    )
    queries = np.asarray(embeddings, np.float64)
    gallery = queries if alone else np.asarray(gallery_embeddings, np.float64)
    mean = gallery.mean(axis=0)
    queries, gallery = queries - mean, gallery - mean
    num_bins = _num_bins(queries, gallery)
    counts = np.zeros(2 * num_bins + 1, np.int64)
    for rows in track(_tiles(len(queries), 0), "distances of pairs"):
        for columns in _tiles(len(gallery), rows.start if alone else 0):
            codes = _bins(queries[rows], gallery[columns])
            same, ignored = truth.relations(rows, columns)
            codes[same] += num_bins
            codes[ignored] = 2 * num_bins
            if alone:
                codes[_is_repeated(rows, columns)] = 2 * num_bins
            counts += np.bincount(codes.ravel(), minlength=len(counts))
    return _trimmed(counts[num_bins:-1], counts[:num_bins])


def _tiles(num, start):
    """Slices of `_TILE` rows, from one on."""
    starts = range(start, num, _TILE)
    return [slice(first, min(first + _TILE, num)) for first in starts]


def _is_repeated(rows, columns):
    """`[rows, columns]`: pairs of an image with itself or an earlier one."""
    shape = rows.stop - rows.start, columns.stop - columns.start
    return np.tri(*shape, rows.start - columns.start, dtype=bool)


def _num_bins(queries, gallery):
    """More than the farthest pair can need."""
    farthest = sum(
        math.sqrt(np.square(rows).sum(axis=1).max())
        for rows in (queries, gallery)
    )
    check_squares(farthest**2)
    num_bins = math.ceil(farthest * BINS_PER_UNIT) + 2
    if num_bins > _MAX_BINS:
        raise ValueError(
            "Distances must be below 400 to be counted by their fourth "
            f"decimal. Received: embeddings up to {farthest:g} apart. Divide "
            "all embeddings by one number."
        )
    return num_bins


def _bins(rows, others):
    """`[rows, others]` integers: distances in 0.0001, rounded up."""
    squares = rows @ others.T
    squares *= -2.0
    squares += np.square(rows).sum(axis=1)[:, None]
    squares += np.square(others).sum(axis=1)
    distances = np.sqrt(np.maximum(squares, 0.0, out=squares), out=squares)
    distances -= _ROUNDING
    distances *= BINS_PER_UNIT
    return np.maximum(np.ceil(distances, out=distances), 0.0).astype(np.int64)


def _trimmed(matching, others):
    """Without the thresholds beyond the farthest pair."""
    used = np.flatnonzero(matching + others)
    num = used[-1] + 1 if len(used) else 1
    return PairDistances(matching[:num], others[:num])
