"""The file of the test metrics of each query, for comparisons of runs."""

from __future__ import annotations

import dataclasses

import numpy as np

from dnc_keras.runs.directory import RunDirectory
from dnc_keras.runs.files import read_arrays
from dnc_keras.support.formats import stamped
from dnc_keras.support.whole_files import write_npz

# Before the names of metrics, so that there may be other arrays.
_METRIC = "metric_"


@dataclasses.dataclass(frozen=True, eq=False)
class QueryValues:
    """The test metrics of each query.

    Args:
        values: a dict of `[num_queries]` arrays, such as `retrieval_values`
            returns; NaN is a query that does not count.
        labels: `[num_queries]` integers, 0 to `num_classes - 1`.
        class_names: `num_classes` str.
        order: what tells whether the queries of two runs are the same in the
            same order; "", the default: unknown.
    """

    values: dict
    labels: np.ndarray
    class_names: tuple
    order: str = ""


def save_query_values(run: RunDirectory, queries: QueryValues):
    """Keeps the test metrics of each query in `queries.npz`."""
    metrics = {_METRIC + name: each for name, each in queries.values.items()}
    contents = {
        "labels": queries.labels,
        "class_names": np.array(queries.class_names, str),
        "order": np.array(queries.order),
        **metrics,
    }
    write_npz(run.queries, stamped(contents))


def load_query_values(run: RunDirectory) -> QueryValues:
    """The test metrics of each query.

    Raises:
        OSError: where there are none, as of earlier versions.
        ValueError: where they cannot be read.
    """
    arrays = read_arrays(run.queries)
    try:
        queries = QueryValues(
            {
                name.removeprefix(_METRIC): each
                for name, each in arrays.items()
                if name.startswith(_METRIC)
            },
            arrays["labels"],
            tuple(map(str, arrays["class_names"].ravel())),
            str(arrays["order"]),
        )
    except KeyError as error:
        raise ValueError(f"{run.queries} has no array {error}.") from error
    _check(run.queries, queries)
    return queries


def _check(path, queries):
    arrays = [queries.labels, *queries.values.values()]
    if len({each.shape for each in arrays}) > 1 or arrays[0].ndim != 1:
        raise ValueError(f"{path} has arrays that are not of the same queries.")
    kinds = [each.dtype.kind for each in arrays]
    if kinds[0] not in "iu" or set(kinds[1:]) - {"f"}:
        raise ValueError(f"{path} has arrays of other types.")
    names = range(len(queries.class_names))
    if not set(np.unique(queries.labels).tolist()) <= set(names):
        raise ValueError(f"{path} has labels without a name.")
