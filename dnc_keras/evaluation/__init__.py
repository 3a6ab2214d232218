"""Measures an embedding on the test images of a data set."""

from dnc_keras.evaluation.searched_dataset import NUM_NMI_RUNS
from dnc_keras.evaluation.searched_dataset import SearchedDataset
from dnc_keras.evaluation.searched_dataset import check_queries
from dnc_keras.evaluation.searched_dataset import describe_test
from dnc_keras.evaluation.searched_dataset import find_matches
from dnc_keras.evaluation.searched_dataset import search_dataset

__all__ = [
    "NUM_NMI_RUNS",
    "SearchedDataset",
    "check_queries",
    "describe_test",
    "find_matches",
    "search_dataset",
]
