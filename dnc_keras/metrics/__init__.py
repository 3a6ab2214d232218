"""Exact neighbours in blocks, and the numbers that are read from them."""

from dnc_keras.metrics.confidence import confidence_intervals
from dnc_keras.metrics.given_distances import distance_values
from dnc_keras.metrics.holm import holm
from dnc_keras.metrics.information import clustering_metrics
from dnc_keras.metrics.one_gallery import one_gallery_metrics
from dnc_keras.metrics.paired import paired_difference
from dnc_keras.metrics.paired_queries import QueryDifference
from dnc_keras.metrics.paired_queries import query_differences
from dnc_keras.metrics.query_matches import QueryMatches
from dnc_keras.metrics.query_matches import query_matches
from dnc_keras.metrics.retrieval import mean_values
from dnc_keras.metrics.retrieval import retrieval_metrics
from dnc_keras.metrics.retrieval import retrieval_values
from dnc_keras.neighbors.nearest import nearest_neighbors

__all__ = [
    "QueryDifference",
    "QueryMatches",
    "clustering_metrics",
    "confidence_intervals",
    "distance_values",
    "holm",
    "mean_values",
    "nearest_neighbors",
    "one_gallery_metrics",
    "paired_difference",
    "query_differences",
    "query_matches",
    "retrieval_metrics",
    "retrieval_values",
]
