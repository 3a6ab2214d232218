"""A search with what comes after it, in blocks."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from dnc_keras.reranking.database_augmentation import AugmentedGallery
from dnc_keras.reranking.database_augmentation import augment_database
from dnc_keras.reranking.k_reciprocal import KReciprocal
from dnc_keras.reranking.methods import Methods
from dnc_keras.reranking.query_expansion import expand
from dnc_keras.reranking.searched_gallery import SearchedGallery
from dnc_keras.support.stopwatch import Stopwatch


class RerankedSearch:
    """Searches a gallery by `Methods`.

    The gallery is augmented, queries are expanded by what they find there, and
    what the expanded ones find is re-ranked. Memory is that of a block of
    distances, at most 32 MB or one query's, beside the gallery, its
    neighbours, and the sparse sets of k-reciprocal re-ranking.

    Args:
        gallery: `[num_gallery, dim]` array.
        methods: which methods are used.
        alone: whether the queries are the rows of the gallery, each searched
            among the others. False, the default: they are apart.

    Attributes:
        seconds: a dict of what each method took so far.

    Raises:
        ValueError: for rows that a method does not take; for an augmented
            gallery that is re-ranked, searched alone.

    Example:

    >>> search = RerankedSearch(np.eye(3), Methods(query_expansion="average",
    ...                                            expand=1))
    >>> search.search([[1.0, 0.0, 0.0]], k=1)[1]
    array([[0]], dtype=int32)
    """

    def __init__(self, gallery, methods: Methods, alone: bool = False):
        self.methods = methods
        self._watches = defaultdict(Stopwatch)
        methods.check(alone)
        with self._timed("database_augmentation"):
            self._gallery = _gallery(gallery, methods, alone)
        self._reranking = None
        if methods.rerank != "none":
            settings = methods.k1, methods.k2, methods.distance_weight
            self._reranking = KReciprocal(self._gallery, *settings)
            with self._timed("k_reciprocal"):
                self._reranking.prepare()

    @property
    def seconds(self) -> dict:
        return {name: each.total for name, each in self._watches.items()}

    @property
    def gallery(self) -> np.ndarray:
        """`[num_gallery, dim]` rows, augmented or not."""
        return self._gallery.rows

    def blocks(self, queries) -> Iterator[tuple[slice, np.ndarray]]:
        """Yields (slice of the queries, `[rows, num_gallery]` distances).

        Args:
            queries: `[num_queries, dim]` array; the gallery, if it is alone.

        Distances are Euclidean, or those of k-reciprocal re-ranking, and
        infinite to the query itself.
        """
        queries = self._expanded(np.asarray(queries, np.float32))
        if self._reranking is None:
            for part in self._gallery.parts(len(queries)):
                squares = self._gallery.squares(part, queries[part])
                yield part, np.sqrt(squares)
            return
        blocks = self._reranking.blocks(queries)
        while True:
            with self._timed("k_reciprocal"):
                block = next(blocks, None)
            if block is None:
                return
            yield block

    def search(self, queries, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest rows of each query.

        Args:
            queries: `[num_queries, dim]` array; the gallery, if it is alone.
            k: number of neighbours, at most the rows that can be found.

        Returns:
            (distances, indices): `[num_queries, k]` float32 and int32 arrays,
            nearest first; of equal distances the lower index comes first.
        """
        if self._reranking is None:
            queries = self._expanded(np.asarray(queries, np.float32))
            return self._gallery.neighbors(queries, k)
        self._gallery.check(queries, k)
        num = len(queries)
        distances = np.empty([num, k], np.float32)
        indices = np.empty([num, k], np.int32)
        for part, block in self.blocks(queries):
            order = np.argsort(block, axis=1, kind="stable")[:, :k]
            indices[part] = order
            distances[part] = np.take_along_axis(block, order, axis=1)
        return distances, indices

    def _expanded(self, queries):
        methods = self.methods
        if methods.query_expansion == "none":
            return queries
        alpha = methods.alpha if methods.query_expansion == "alpha" else None
        with self._timed("query_expansion"):
            return expand(queries, self._gallery, methods.expand, alpha)

    @contextlib.contextmanager
    def _timed(self, name):
        if name not in _names(self.methods):
            yield
            return
        with self._watches[name].running():
            yield


def _names(methods):
    """What is timed."""
    names = {
        "database_augmentation": methods.database_augmentation,
        "query_expansion": methods.query_expansion != "none",
        "k_reciprocal": methods.rerank != "none",
    }
    return [name for name, is_used in names.items() if is_used]


def _gallery(rows, methods, alone):
    k = methods.database_augmentation
    if not k:
        return SearchedGallery(rows, alone)
    if alone:
        return AugmentedGallery(rows, k)
    return SearchedGallery(augment_database(rows, k))
