"""Measures an embedding on the test images of a data set."""

from dnc_keras.evaluation.searched_dataset import NUM_NMI_RUNS
from dnc_keras.evaluation.searched_dataset import SearchedDataset
from dnc_keras.evaluation.searched_dataset import check_queries
from dnc_keras.evaluation.searched_dataset import describe_test
from dnc_keras.evaluation.searched_dataset import find_matches
from dnc_keras.evaluation.searched_dataset import search_arguments
from dnc_keras.evaluation.searched_dataset import search_dataset
from dnc_keras.evaluation.searched_dataset import search_parts

__all__ = [
    "NUM_NMI_RUNS",
    "SearchedDataset",
    "check_queries",
    "describe_test",
    "find_matches",
    "search_arguments",
    "search_dataset",
    "search_parts",
]
