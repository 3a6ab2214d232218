"""Which methods are used after a search."""

from __future__ import annotations

import dataclasses

from dnc_keras.reranking.k_reciprocal import DISTANCE_WEIGHT
from dnc_keras.reranking.k_reciprocal import K1
from dnc_keras.reranking.k_reciprocal import K2
from dnc_keras.reranking.query_expansion import ALPHA
from dnc_keras.reranking.query_expansion import NUM_NEIGHBORS
from dnc_keras.support.checks import check_choice
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_count_or_zero
from dnc_keras.support.checks import check_not_negative

QUERY_EXPANSIONS = ("none", "average", "alpha")
RERANKINGS = ("none", "k_reciprocal")


@dataclasses.dataclass(frozen=True)
class Methods:
    """Which methods a `RerankedSearch` uses, in the order of the fields.

    Args:
        database_augmentation: neighbours that join each row of the gallery; 0,
            the default, for none.
        query_expansion: "none", the default; "average" or "alpha".
        expand: neighbours that join a query.
        alpha: power of the cosine of "alpha".
        rerank: "none", the default, or "k_reciprocal".
        k1: as for `k_reciprocal_distances`.
        k2: as for `k_reciprocal_distances`.
        distance_weight: as for `k_reciprocal_distances`.

    Raises:
        ValueError: for other values.
    """

    database_augmentation: int = 0
    query_expansion: str = "none"
    expand: int = NUM_NEIGHBORS
    alpha: float = ALPHA
    rerank: str = "none"
    k1: int = K1
    k2: int = K2
    distance_weight: float = DISTANCE_WEIGHT

    def __post_init__(self):
        check_count_or_zero("database_augmentation", self.database_augmentation)
        check_choice("query_expansion", self.query_expansion, QUERY_EXPANSIONS)
        check_count("expand", self.expand)
        check_not_negative("alpha", self.alpha)
        check_choice("rerank", self.rerank, RERANKINGS)

    @property
    def any(self) -> bool:
        """Whether one of them is used."""
        return bool(
            self.database_augmentation
            or self.query_expansion != "none"
            or self.rerank != "none"
        )

    def check(self, alone: bool):
        """Raises ValueError for methods that do not go together.

        Args:
            alone: whether the rows of a gallery search each other.
        """
        if alone and self.database_augmentation and self.rerank != "none":
            raise ValueError(
                "A gallery whose images search each other is augmented for "
                "each query without it, which leaves no sets to re-rank by. "
                "Received: database_augmentation="
                f"{self.database_augmentation}, rerank={self.rerank}. Use one "
                "of them, or a data set with queries and gallery apart."
            )

    def describe(self) -> dict:
        """The settings of those that are used, for a result."""
        told = {}
        if self.database_augmentation:
            told["database_augmentation"] = self.database_augmentation
        if self.query_expansion != "none":
            told["query_expansion"] = self.query_expansion
            told["expand"] = self.expand
        if self.query_expansion == "alpha":
            told["alpha"] = self.alpha
        if self.rerank != "none":
            told["rerank"] = self.rerank
            names = ("k1", "k2", "distance_weight")
            told.update((name, getattr(self, name)) for name in names)
        return told
