"""What each learner specialised in, clustering by clustering."""

from __future__ import annotations

import numpy as np

from dnc_keras import analysis
from dnc_keras import clustering
from dnc_keras.reports.figures import COLORS
from dnc_keras.reports.figures import figure

MAX_SHOWN = 8  # clusterings with pictures; the table has all
MAX_SPLIT = 8  # classes
_UNUSED = "unused"


def cluster_atlas(record, sheet) -> dict:
    """Each clustering of a run, with its clusters and what moved to them.

    Args:
        record: a `TrainedRun`.
        sheet: the `PictureSheet`.
    """
    train, assignments = record.train, record.assignments
    previous = dict(zip(list(assignments)[1:], assignments.values()))
    shown = _spaced(list(assignments))
    return {
        "rows": [
            _row(epoch, each, previous.get(epoch), train.index.labels)
            for epoch, each in assignments.items()
        ],
        "clusterings": [
            {
                "epoch": epoch,
                "clusters": _clusters(assignments[epoch], train, sheet),
                "split": _split(assignments[epoch], train.index),
                "flow": _flow(previous.get(epoch), assignments[epoch]),
            }
            for epoch in shown
        ],
    }


def _spaced(epochs):
    """All epochs, or so many from the first to the last."""
    places = np.linspace(0, len(epochs) - 1, min(MAX_SHOWN, len(epochs)))
    return [epochs[int(place)] for place in np.round(places)]


def _row(epoch, assignment, previous, labels):
    has_previous = previous is not None
    kept = analysis.kept_share(previous, assignment) if has_previous else None
    return {
        "epoch": epoch,
        "num_clusters": int(assignment.max()) + 1,
        "purity": 100 * analysis.clustering_purity(assignment, labels),
        "inverse_purity": 100 * clustering.inverse_purity(assignment, labels),
        "cut_pairs": 100 * clustering.cut_pairs(assignment, labels),
        "num_split": len(analysis.split_classes(assignment, labels)),
        "kept": None if kept is None else 100 * kept,
        "num_unused": int(np.sum(assignment < 0)),
    }


def _clusters(assignment, train, sheet):
    names = train.index.class_names
    # One cluster trains the whole embedding, or each learner in turn.
    is_one = assignment.max() == 0
    return [
        {
            "name": "all images" if is_one else f"learner {cluster.learner}",
            "num_images": cluster.num_images,
            "share": 100 * cluster.num_images / len(assignment),
            "num_classes": cluster.num_classes,
            "whole_classes": cluster.whole_classes,
            "purity": 100 * cluster.purity,
            "classes": [
                (names[label], count)
                for label, count in cluster.largest_classes
            ],
            "exemplars": [
                {
                    "picture": sheet.add("train", row),
                    "class": names[train.index.labels[row]],
                }
                for row in cluster.exemplars
            ],
        }
        for cluster in analysis.describe_clusters(
            assignment, train.index.labels, train.embeddings
        )
    ]


def _split(assignment, index):
    found = analysis.split_classes(assignment, index.labels)[:MAX_SPLIT]
    return [
        {"class": index.class_names[each.label], "counts": each.counts.tolist()}
        for each in found
    ]


def _flow(previous, current):
    """A Sankey picture of how images moved, or None at the first clustering."""
    if previous is None:
        return None
    counts = analysis.moves(previous, current)
    num_before, num_after = counts.shape
    sources, targets = np.nonzero(counts)
    trace = {
        "type": "sankey",
        "node": {
            "label": [*_names(num_before), *_names(num_after)],
            "color": [*_colors(num_before), *_colors(num_after)],
            "pad": 12,
            "thickness": 14,
        },
        "link": {
            "source": sources.tolist(),
            "target": (targets + num_before).tolist(),
            "value": counts[sources, targets].tolist(),
            "color": [f"{_color(s, num_before)}66" for s in sources],
        },
    }
    height = 140 + 40 * max(num_before, num_after)
    return figure([trace], {"height": height})


def _names(num):
    return [*(f"learner {number}" for number in range(num - 1)), _UNUSED]


def _colors(num):
    return [_color(number, num) for number in range(num)]


def _color(number, num):
    is_unused = number == num - 1
    return "#888888" if is_unused else COLORS[number % len(COLORS)]
