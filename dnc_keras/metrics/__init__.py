"""Exact neighbours in blocks, and the numbers that are read from them."""

from dnc_keras.metrics.class_results import ClassResults
from dnc_keras.metrics.class_results import Confusion
from dnc_keras.metrics.class_results import class_results
from dnc_keras.metrics.class_results import confusions
from dnc_keras.metrics.class_sizes import RankCorrelation
from dnc_keras.metrics.class_sizes import rank_correlation
from dnc_keras.metrics.confidence import confidence_intervals
from dnc_keras.metrics.given_distances import distance_values
from dnc_keras.metrics.holm import holm
from dnc_keras.metrics.information import clustering_metrics
from dnc_keras.metrics.one_gallery import one_gallery_metrics
from dnc_keras.metrics.other_classes import nearest_others
from dnc_keras.metrics.pair_counts import PairDistances
from dnc_keras.metrics.pair_counts import Threshold
from dnc_keras.metrics.pair_counts import pair_distances
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
    "ClassResults",
    "Confusion",
    "PairDistances",
    "QueryDifference",
    "QueryMatches",
    "RankCorrelation",
    "Threshold",
    "class_results",
    "clustering_metrics",
    "confidence_intervals",
    "confusions",
    "distance_values",
    "holm",
    "mean_values",
    "nearest_neighbors",
    "nearest_others",
    "one_gallery_metrics",
    "pair_distances",
    "paired_difference",
    "query_differences",
    "query_matches",
    "rank_correlation",
    "retrieval_metrics",
    "retrieval_values",
]
