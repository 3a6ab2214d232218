"""The embedding on a plane: classes of the test images, learners' clusters."""

from __future__ import annotations

import numpy as np

from dnc_keras import analysis
from dnc_keras.reports.draws import draw_rows
from dnc_keras.reports.figures import COLORS
from dnc_keras.reports.figures import figure

# Each dot has a picture: these are most of the page's size.
MAX_POINTS = 600
_SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "star")


def test_map(record, sheet) -> dict:
    """Test images by their class; all classes are new to the model."""
    part = record.part(record.dataset.gallery_part)
    rows = _some_classes(part.index.labels, record.config.seed)
    names = [part.index.class_names[label] for label in part.index.labels[rows]]
    numbers = part.index.labels[rows]
    return _map(part, rows, names, numbers, sheet, record.dataset.gallery_part)


def train_map(record, sheet) -> dict:
    """Training images by the learner that had them last, as far as any had."""
    part = record.train
    learners = _last_division(record.assignments)
    rows = draw_rows(
        np.flatnonzero(learners >= 0), MAX_POINTS, record.config.seed
    )
    names = [f"learner {learner}" for learner in learners[rows]]
    return _map(part, rows, names, learners[rows], sheet, "train")


def _last_division(assignments):
    """The newest assignment with the most clusters."""
    return max(reversed(assignments.values()), key=lambda each: each.max())


def _some_classes(labels, seed):
    """Rows of whole classes, drawn, as many as fit."""
    order = np.random.default_rng(seed).permutation(labels.max() + 1)
    sizes = np.cumsum(np.bincount(labels)[order])
    num = max(2, int(np.searchsorted(sizes, MAX_POINTS, side="right")))
    return draw_rows(
        np.flatnonzero(np.isin(labels, order[:num])), MAX_POINTS, seed
    )


def _map(part, rows, names, numbers, sheet, part_name):
    projection = analysis.project(part.embeddings[rows])
    groups = np.unique(numbers, return_inverse=True)[1]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": np.round(projection.points[:, 0], 4).tolist(),
        "y": np.round(projection.points[:, 1], 4).tolist(),
        "customdata": [sheet.add(part_name, row) for row in rows],
        "text": names,
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "size": 7,
            "color": [COLORS[group % len(COLORS)] for group in groups],
            "symbol": [
                _SYMBOLS[group // len(COLORS) % len(_SYMBOLS)]
                for group in groups
            ],
        },
    }
    axis = {"showticklabels": False, "zeroline": False}
    layout = {
        "xaxis": axis,
        "yaxis": {**axis, "scaleanchor": "x"},
        "height": 560,
        "hovermode": "closest",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
    }
    return {
        "figure": figure([trace], layout),
        "method": projection.name,
        "explained": projection.explained,
        "num_points": len(rows),
        "num_images": len(part.index),
        "num_groups": len(set(names)),
    }
