"""From a command to a SavedModel."""

from __future__ import annotations

from matplotlib import patches

from method_pictures.shapes import arrow
from method_pictures.shapes import blank
from method_pictures.shapes import box


def draw():
    """What calls what, from above; returns the figure."""
    figure, axes = blank(6.4, 6.4)
    wide = (6.1, 0.62)
    box(axes, (0.05, 5.7), wide, "command", "flags + the data set's recipe")
    arrow(axes, (1.45, 5.7), (1.45, 5.2))
    arrow(axes, (4.75, 5.7), (4.75, 5.2))
    size = (2.8, 0.62)
    box(axes, (0.05, 4.55), size, "datasets.load", "paths, labels")
    box(axes, (3.35, 4.55), size, "DivideAndConquer", "backbone + learners")
    arrow(axes, (1.45, 4.55), (1.45, 4.05))
    arrow(axes, (4.75, 4.55), (4.75, 4.05))
    axes.add_patch(
        patches.FancyBboxPatch(
            *((0.0, 1.85), 6.2, 2.15),
            boxstyle="round,pad=0.02",
            facecolor="#eef4fa",
            edgecolor="none",
        )
    )
    box(axes, (0.15, 3.2), (2.6, 0.62), "ClusterSampler", "indices, learner")
    box(axes, (3.45, 3.2), (2.6, 0.62), "model.fit", "one learner a batch")
    arrow(axes, (2.8, 3.51), (3.4, 3.51), "images")
    box(axes, (3.45, 2.0), (2.6, 0.62), "model.features", "of all images")
    arrow(axes, (4.75, 3.2), (4.75, 2.66))
    axes.text(4.85, 2.93, "every 2 epochs", va="center", size=8)
    box(axes, (0.15, 2.0), (2.6, 0.62), "Recluster", "k-means, matching")
    arrow(axes, (3.4, 2.31), (2.8, 2.31))
    arrow(axes, (1.45, 2.66), (1.45, 3.16))
    axes.text(1.55, 2.91, "a learner for each image", va="center", size=8)
    arrow(axes, (4.75, 1.85), (4.75, 1.35))
    box(axes, (0.05, 0.68), wide, "RetrievalEvaluation", "picks the epoch")
    arrow(axes, (1.45, 0.68), (1.45, 0.45))
    arrow(axes, (4.75, 0.68), (4.75, 0.45))
    axes.text(1.45, 0.2, "result.json, report.html", ha="center")
    axes.text(4.75, 0.2, "export/1, the SavedModel", ha="center")
    return figure
