"""k-reciprocal re-ranking: near is what shares its neighbours."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from scipy import sparse

from dnc_keras.reranking.reciprocal_sets import NONE
from dnc_keras.reranking.reciprocal_sets import expanded
from dnc_keras.reranking.reciprocal_sets import mutual
from dnc_keras.reranking.searched_gallery import SearchedGallery
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_number
from dnc_keras.support.progress import track

K1 = 20
K2 = 6
DISTANCE_WEIGHT = 0.3


def k_reciprocal_distances(
    queries,
    gallery=None,
    k1: int = K1,
    k2: int = K2,
    distance_weight: float = DISTANCE_WEIGHT,
) -> np.ndarray:
    """Distances of queries to a gallery by the neighbours that they share.

    Zhong et al. 2017, https://arxiv.org/abs/1701.08398. The set of a row holds
    those of its k1 nearest that have it among theirs, and the sets, of half of
    k1, of members that lie in it by two thirds. A row becomes a vector of
    weights over its set, averaged with those of its k2 - 1 nearest; the
    distance is that of Jaccard of two such vectors, mixed with the given one.

    The paper leaves open, and its authors' code decides: distances are squared
    and divided by that to the farthest row; weights `exp(-distance)` are
    divided by their sum; a row is the first of its own neighbours. Unlike that
    code, queries do not know each other: the sets of the gallery are made of
    the gallery, so that what one query finds does not depend on the others.

    Args:
        queries: `[num_queries, dim]` array or tensor.
        gallery: `[num_gallery, dim]` array. None, the default: each query is
            searched among the others, and all are one set, as in the paper.
        k1: neighbours that can be in a set, 20 as in the paper.
        k2: vectors that are averaged, the own among them; 1 for none.
        distance_weight: share of the given distance, 0 to 1; the paper's
            lambda.

    Returns:
        `[num_queries, num_gallery]` float32 array, of values 0 to 1; infinite
        to the query itself. A large one takes much memory: `RerankedSearch`
        goes through it in blocks.

    Raises:
        ValueError: where the gallery has not k1 rows to find.
    """
    alone = gallery is None
    gallery = SearchedGallery(queries if alone else gallery, alone)
    queries = np.asarray(queries, np.float32)
    reranking = KReciprocal(gallery, k1, k2, distance_weight)
    distances = [each for _, each in reranking.blocks(queries)]
    return np.concatenate([np.empty([0, gallery.num], np.float32), *distances])


class KReciprocal:
    """Re-ranks a gallery, whose own sets are made once.

    Args:
        gallery: a `SearchedGallery`.
        k1, k2, distance_weight: as for `k_reciprocal_distances`.
    """

    def __init__(
        self,
        gallery: SearchedGallery,
        k1: int = K1,
        k2: int = K2,
        distance_weight: float = DISTANCE_WEIGHT,
    ):
        _check(gallery, k1, k2, distance_weight)
        self._gallery = gallery
        self._k1, self._k2 = k1, k2
        self._weight = np.float32(distance_weight)

    def prepare(self):
        """Makes the sets of the gallery, which the first query would do."""
        return self._sets

    def blocks(self, queries):
        """Yields (slice of the queries, `[rows, num]` distances).

        Args:
            queries: `[num_queries, dim]` float32 array.
        """
        gallery = self._gallery
        _, found = gallery.neighbors(queries, self._k1)
        parts = list(gallery.parts(len(queries)))
        for part in track(parts, "k-reciprocal re-ranking"):
            squares = gallery.squares(part, queries[part])
            yield part, self._distances(part, found[part], squares)

    def _distances(self, part, found, squares):
        own = self._own(part)
        is_mutual = self._is_found_by(own, found, squares)
        members = np.where(is_mutual, found, NONE)
        members = np.concatenate([own[:, None], members], axis=1)
        vectors = self._vectors(own, members, squares)
        vectors = self._smoothed(vectors, found[:, : self._k2 - 1])
        return self._mixed(vectors, squares)

    def _own(self, part):
        """What each query is in a set: a row, or, apart, one beyond all."""
        if self._gallery.alone:
            return np.arange(part.start, part.stop, dtype=np.int32)
        return np.full(part.stop - part.start, self._gallery.num, np.int32)

    def _is_found_by(self, own, found, squares):
        """Whether a query would be among the k1 nearest of what it found."""
        if self._gallery.alone:
            return np.any(self._lists[found] == own[:, None, None], axis=2)
        reached = np.take_along_axis(squares, found, axis=1)
        return reached <= self._sets.reach[found]

    @functools.cached_property
    def _lists(self):
        """`[num, k1 + 1]` rows: each of the gallery, and its nearest others."""
        gallery = self._all
        found = gallery.neighbors(gallery.rows, self._k1)[1]
        own = np.arange(gallery.num, dtype=np.int32)[:, None]
        return np.concatenate([own, found], axis=1)

    @functools.cached_property
    def _halves(self):
        """The sets of half of k1, and none for what is not in the gallery."""
        halves = mutual(self._lists[:, : round(self._k1 / 2) + 1])
        no_set = np.full([1, halves.shape[1]], NONE, halves.dtype)
        return np.concatenate([halves, no_set])

    @functools.cached_property
    def _all(self):
        """The gallery, each row searched among the others."""
        is_so = self._gallery.alone
        rows = self._gallery.rows
        return self._gallery if is_so else SearchedGallery(rows, alone=True)

    @functools.cached_property
    def _sets(self):
        gallery, lists, members = self._all, self._lists, mutual(self._lists)
        reach, vectors = np.empty(gallery.num, np.float32), []
        parts = list(gallery.parts(gallery.num))
        for part in track(parts, "k-reciprocal sets"):
            squares = gallery.squares(part, gallery.rows[part])
            last = lists[part, -1:]
            reach[part] = np.take_along_axis(squares, last, axis=1)[:, 0]
            own = lists[part, 0]
            vectors.append(self._vectors(own, members[part], squares))
        plain = sparse.vstack(vectors, "csr")
        smooth = _sums(lists[:, : self._k2], gallery.num) @ plain / self._k2
        return _Sets(reach, plain, smooth.tocsc())

    def _vectors(self, own, members, squares):
        """`[rows, num + 1]` sparse weights, of sum 1, over the sets."""
        rows, members = expanded(members, self._halves)
        is_own = members == own[rows]
        near = squares[rows, np.where(is_own, 0, members)]
        scaled = np.where(is_own, 0.0, near / _farthest(squares)[rows])
        weights = np.exp(-scaled)
        weights /= np.bincount(rows, weights, len(own))[rows]
        shape = len(own), self._gallery.num + 1
        return sparse.csr_matrix(
            (weights.astype(np.float32), (rows, members)), shape
        )

    def _smoothed(self, vectors, found):
        """The mean of the vectors of queries and of those that they found."""
        others = _sums(found, self._gallery.num) @ self._sets.plain
        return ((vectors + others) / self._k2).tocsr()

    def _mixed(self, vectors, squares):
        """`[rows, num]` distances: of Jaccard, mixed with the squares."""
        finite = np.where(np.isinf(squares), 0.0, squares)
        scaled = finite / _farthest(squares)[:, None]
        columns = self._sets.smooth
        for row, distances in enumerate(scaled):
            held = slice(*vectors.indptr[row : row + 2])
            shared = _shared(vectors.indices[held], vectors.data[held], columns)
            jaccard = 1.0 - shared / (2.0 - shared)
            distances *= self._weight
            distances += (1.0 - self._weight) * jaccard
        scaled[np.isinf(squares)] = np.inf
        return scaled


class _Sets(NamedTuple):
    """What is known of a gallery.

    reach: `[num]` squared distance to the k1-th of its others.
    plain: `[num, num + 1]` sparse weights of each row, by rows.
    smooth: the same, averaged over the nearest, by columns.
    """

    reach: np.ndarray
    plain: sparse.csr_matrix
    smooth: sparse.csc_matrix


def _shared(members, weights, columns):
    """`[num]` sums of the smaller weights of one row and of all others."""
    starts, stops = columns.indptr[members], columns.indptr[members + 1]
    lengths = stops - starts
    ends = np.cumsum(lengths)
    places = np.arange(ends[-1]) + np.repeat(stops - ends, lengths)
    smaller = np.minimum(np.repeat(weights, lengths), columns.data[places])
    num = columns.shape[0]
    shared = np.bincount(columns.indices[places], smaller, minlength=num)
    return shared.astype(np.float32)


def _sums(found, num):
    """`[rows, num]` sparse matrix that takes sums of rows."""
    rows, k = found.shape
    ones = np.ones(rows * k, np.float32)
    starts = k * np.arange(rows + 1)
    return sparse.csr_matrix((ones, found.ravel(), starts), (rows, num))


def _farthest(squares):
    """`[rows]` largest squared distances; 1 where all are 0."""
    largest = np.max(squares, axis=1, where=np.isfinite(squares), initial=0.0)
    return np.where(largest > 0.0, largest, 1.0)


def _check(gallery, k1, k2, distance_weight):
    check_count("k1", k1)
    check_count("k2", k2)
    check_number("distance_weight", distance_weight)
    if k2 > k1:
        raise ValueError(
            "k2 must be at most k1, whose neighbours it takes. Received: "
            f"k2={k2}, k1={k1}. Use k1={K1}, k2={K2}."
        )
    if not 0.0 <= distance_weight <= 1.0:
        raise ValueError(
            "distance_weight must be between 0 and 1. Received: "
            f"{distance_weight}. Use {DISTANCE_WEIGHT}."
        )
    if gallery.num <= k1:
        raise ValueError(
            "k-reciprocal re-ranking needs more than k1 rows in the gallery. "
            f"Received: {gallery.num:,} rows, k1={k1}. Use a smaller k1, or "
            "leave it out."
        )
