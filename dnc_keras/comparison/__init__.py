"""Runs side by side: what they were told, and what came of it."""

from dnc_keras.comparison.differences import differing_settings
from dnc_keras.comparison.differences import find_warnings
from dnc_keras.comparison.groups import Group
from dnc_keras.comparison.groups import group_runs
from dnc_keras.comparison.groups import refused_means
from dnc_keras.comparison.sentences import verdict_of
from dnc_keras.comparison.verdicts import Comparison
from dnc_keras.comparison.verdicts import compare_with
from dnc_keras.runs.reading import Run
from dnc_keras.runs.reading import read_run
from dnc_keras.runs.reading import short_names

__all__ = [
    "Comparison",
    "Group",
    "Run",
    "compare_with",
    "differing_settings",
    "find_warnings",
    "group_runs",
    "read_run",
    "refused_means",
    "short_names",
    "verdict_of",
]
