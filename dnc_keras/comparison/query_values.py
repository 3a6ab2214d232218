"""The test metrics of each query of a run, kept or made again."""

from __future__ import annotations

import re

import numpy as np
from absl import logging

from dnc_keras.metrics import retrieval_values
from dnc_keras.metrics.one_gallery import one_gallery_values
from dnc_keras.runs.directory import RunDirectory
from dnc_keras.runs.embeddings import read_embeddings
from dnc_keras.runs.queries import QueryValues
from dnc_keras.runs.queries import load_query_values
from dnc_keras.support.labels import class_ids

# Kept values are those whose mean is in the result.
_SAME = 1e-6
# Of embeddings, another machine may rank a few images differently.
_NEARLY_SAME = 0.01


def query_values(run) -> QueryValues:
    """The test metrics of each query, checked against those of the result.

    Earlier versions kept no `queries.npz`: there the embeddings of the test
    images are searched again.

    Args:
        run: a finished `Run`.

    Returns:
        A `QueryValues` with metrics that the result has, too.

    Raises:
        ValueError: where neither file is there, can be read and agrees with
            the result.
    """
    directory = RunDirectory(run.path)
    problem = "there is no queries.npz"
    if directory.queries.exists():
        try:
            return _checked(
                run, load_query_values(directory), "queries.npz", _SAME
            )
        except (OSError, ValueError) as error:
            problem = str(error).rstrip(".")
            logging.warning("%s: %s.", run.name, problem)
    try:
        return _searched_again(run, directory)
    except ValueError as error:
        raise ValueError(
            f"{run.name} has no values of single queries: {problem}; "
            f"in embeddings/, {str(error).rstrip('.')}. Where its images are "
            "at hand, `python -m dnc_keras.report` makes embeddings again."
        ) from error


def _searched_again(run, directory):
    if (directory.embeddings / "query.npz").exists():
        values, labels = _search_roles(run, directory)
    elif not (directory.embeddings / "test.npz").exists():
        raise ValueError("there is no test.npz")
    else:
        values, labels = _search_test(run, directory)
    ids, names = class_ids(labels)
    found = QueryValues(values, ids, tuple(map(str, names)))
    return _checked(run, found, "them", _NEARLY_SAME)


def _search_roles(run, directory):
    """(values, labels) of queries in a gallery, by any camera."""
    embeddings, labels = read_embeddings(directory, "query")
    gallery = read_embeddings(directory, "gallery")
    return retrieval_values(embeddings, labels, _ks(run), *gallery), labels


def _search_test(run, directory):
    """(values, labels) of the test images among each other."""
    embeddings, labels = read_embeddings(directory, "test")
    # The one protocol without roles that has it.
    if "mean_average_precision" not in run.test:
        return retrieval_values(embeddings, labels, _ks(run)), labels
    values, classes = one_gallery_values(embeddings, labels, _ks(run))
    num_draws, _ = values["mean_average_precision"].shape
    values = {name: each.ravel() for name, each in values.items()}
    return values, np.tile(classes, num_draws)


def _ks(run):
    found = (re.fullmatch(r"recall_at_(\d+)", name) for name in run.test)
    return [int(match[1]) for match in found if match] or [1]


def _checked(run, queries, file, tolerance):
    """The metrics of the result; raises ValueError where a mean is another."""
    values = {n: v for n, v in queries.values.items() if n in run.test}
    if not values:
        raise ValueError(f"{file} has no metric of the result")
    for name, each in values.items():
        mean = np.nanmean(each) if not np.isnan(each).all() else np.nan
        if not abs(mean - run.test[name]) <= tolerance:
            raise ValueError(
                f"the mean {name} of {file} is {mean:.4f}, and that in "
                f"result.json {run.test[name]:.4f}"
            )
    return QueryValues(
        values, queries.labels, queries.class_names, queries.order
    )
