"""K-means in blocks of rows, and what the clusters of a training run need."""

from dnc_keras.arrays.rows import SharedFeatures
from dnc_keras.clustering.assignments import drop_singletons
from dnc_keras.clustering.assignments import match_clusters
from dnc_keras.clustering.assignments import split_clusters
from dnc_keras.clustering.division import divide
from dnc_keras.clustering.division import drift
from dnc_keras.clustering.lloyd import KMeansResult
from dnc_keras.clustering.lloyd import kmeans
from dnc_keras.clustering.togetherness import cut_pairs
from dnc_keras.clustering.togetherness import inverse_purity

__all__ = [
    "KMeansResult",
    "SharedFeatures",
    "cut_pairs",
    "divide",
    "drift",
    "drop_singletons",
    "inverse_purity",
    "kmeans",
    "match_clusters",
    "split_clusters",
]
