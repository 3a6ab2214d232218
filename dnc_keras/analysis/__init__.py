"""What a training did with the images: numbers for people to look at."""

from dnc_keras.analysis.atlas import Cluster
from dnc_keras.analysis.atlas import SplitClass
from dnc_keras.analysis.atlas import clustering_purity
from dnc_keras.analysis.atlas import describe_clusters
from dnc_keras.analysis.atlas import split_classes
from dnc_keras.analysis.changes import kept_share
from dnc_keras.analysis.changes import moves
from dnc_keras.analysis.doctor import examine
from dnc_keras.analysis.finding import Finding
from dnc_keras.analysis.per_class import PerClass
from dnc_keras.analysis.per_class import examine_classes
from dnc_keras.analysis.projection import Projection
from dnc_keras.analysis.projection import project

__all__ = [
    "Cluster",
    "Finding",
    "PerClass",
    "Projection",
    "SplitClass",
    "clustering_purity",
    "describe_clusters",
    "examine",
    "examine_classes",
    "kept_share",
    "moves",
    "project",
    "split_classes",
]
