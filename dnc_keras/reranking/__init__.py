"""What can be done after a search, without labels and without training."""

from dnc_keras.reranking.database_augmentation import augment_database
from dnc_keras.reranking.k_reciprocal import k_reciprocal_distances
from dnc_keras.reranking.methods import Methods
from dnc_keras.reranking.query_expansion import alpha_query_expansion
from dnc_keras.reranking.query_expansion import average_query_expansion
from dnc_keras.reranking.search import RerankedSearch
from dnc_keras.reranking.whitening import Whitening

__all__ = [
    "Methods",
    "RerankedSearch",
    "Whitening",
    "alpha_query_expansion",
    "augment_database",
    "average_query_expansion",
    "k_reciprocal_distances",
]
