"""The embedding on a plane: classes of the test images, learners' clusters."""

from __future__ import annotations

import numpy as np

from dnc_keras import analysis
from dnc_keras.reports.draws import draw_rows
from dnc_keras.reports.figures import COLORS
from dnc_keras.reports.figures import figure

# Each dot has a picture: these are most of the page's size.
MAX_POINTS = 500
_SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "star")
MAX_CLASSES = len(COLORS) * len(_SYMBOLS)  # that look different


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
    num = min(num, MAX_CLASSES)
    return draw_rows(
        np.flatnonzero(np.isin(labels, order[:num])), MAX_POINTS, seed
    )


def _map(part, rows, names, numbers, sheet, part_name):
    projection = analysis.project(part.embeddings[rows])
    pictures = [sheet.add(part_name, row) for row in rows]
    traces = [
        _trace(style, *group, projection.points, pictures)
        for style, group in enumerate(_groups(names, numbers))
    ]
    axis = {"showticklabels": False, "zeroline": False}
    layout = {
        "xaxis": axis,
        "yaxis": {**axis, "scaleanchor": "x"},
        "height": 560,
        "hovermode": "closest",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "showlegend": False,  # the page has one of buttons
    }
    return {
        "figure": figure(traces, layout),
        "method": projection.name,
        "explained": projection.explained,
        "num_points": len(rows),
        "num_images": len(part.index),
        "num_groups": len(set(names)),
    }


def _groups(names, numbers):
    """Yields the name of each group, and the places of its points."""
    for number in np.unique(numbers):
        places = np.flatnonzero(numbers == number)
        yield names[places[0]], places


def _trace(style, name, places, points, pictures):
    x, y = np.round(points[places], 4).T.tolist()
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": x,
        "y": y,
        "customdata": [pictures[place] for place in places],
        "hovertemplate": "%{fullData.name}<extra></extra>",
        "marker": {
            "size": 7,
            "color": COLORS[style % len(COLORS)],
            "symbol": _SYMBOLS[style // len(COLORS) % len(_SYMBOLS)],
        },
    }
