"""Differences of two runs in each test class."""

from __future__ import annotations

import numpy as np


def class_differences(ours, theirs) -> list[dict]:
    """The mean difference of each metric in each class.

    Args:
        ours: the `QueryValues` of a run.
        theirs: those of the run that it is compared with, of the same queries.

    Returns:
        A list with a dict for each class that has a query that counts: `class`,
        `num_queries` that count, and the difference of each metric that both
        have.
    """
    # Those that were made again of embeddings know no names.
    names = (ours if ours.order else theirs).class_names
    metrics = [name for name in ours.values if name in theirs.values]
    changes = {
        name: ours.values[name] - theirs.values[name] for name in metrics
    }
    # A query counts for all metrics or for none.
    counts = ~np.isnan(changes[metrics[0]])
    labels = ours.labels[counts]
    num_queries = np.bincount(labels, minlength=len(names))
    sums = {
        name: np.bincount(labels, each[counts], len(names))
        for name, each in changes.items()
    }
    return [
        {
            "class": names[label],
            "num_queries": int(num),
            **{name: float(each[label] / num) for name, each in sums.items()},
        }
        for label, num in enumerate(num_queries)
        if num
    ]


def most_changed(rows, metric, num) -> list[dict]:
    """The classes that gain most in a metric, and those that lose most.

    Args:
        rows: what `class_differences` returned.
        metric: its name.
        num: of each kind, at most.

    Returns:
        A list of the dicts, from the largest gain to the largest loss.
    """
    rows = sorted(rows, key=lambda row: -row[metric])
    gained = [row for row in rows if row[metric] > 0]
    lost = [row for row in rows if row[metric] < 0]
    return gained[:num] + lost[-num:]
