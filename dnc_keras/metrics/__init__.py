"""Exact neighbours in blocks, and the numbers that are read from them."""

from dnc_keras.metrics.information import clustering_metrics
from dnc_keras.metrics.neighbors import nearest_neighbors
from dnc_keras.metrics.retrieval import retrieval_metrics

__all__ = ["clustering_metrics", "nearest_neighbors", "retrieval_metrics"]
