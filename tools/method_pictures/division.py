"""Clusters, learners, slices of the embedding."""

from __future__ import annotations

import numpy as np
from matplotlib import patches

from method_pictures.shapes import COLOURS
from method_pictures.shapes import INK
from method_pictures.shapes import OFF
from method_pictures.shapes import arrow
from method_pictures.shapes import blank
from method_pictures.shapes import box


def draw():
    """Training above, use below; returns the figure."""
    figure, axes = blank(6.4, 4.6)
    axes.text(0, 4.55, "Training: a batch of one cluster, and its learner")
    _clusters(axes, [0.1, 2.45], lit=1)
    arrow(axes, (1.75, 3.35), (2.45, 3.35), "batch")
    box(axes, (2.5, 2.95), (1.15, 0.8), "backbone", "shared by all")
    arrow(axes, (3.7, 3.35), (4.4, 3.35), "features")
    _slices(axes, 4.45, 2.55, lit=[1])
    axes.text(5.1, 3.35, "units of\nlearner 1\nare trained", va="center")
    axes.plot([0, 6.2], [2.15, 2.15], color=OFF)
    axes.text(0, 1.85, "In use: any image, and all learners together")
    axes.add_patch(patches.Rectangle((0.6, 0.55), 0.7, 0.7, color=OFF))
    axes.text(0.95, 0.9, "image", ha="center", va="center")
    arrow(axes, (1.75, 0.9), (2.45, 0.9))
    box(axes, (2.5, 0.5), (1.15, 0.8), "backbone", "")
    arrow(axes, (3.7, 0.9), (4.4, 0.9))
    _slices(axes, 4.45, 0.1, lit=range(4))
    axes.text(5.1, 0.9, "the embedding,\nof length 1", va="center")
    return figure


def _clusters(axes, corner, lit):
    random = np.random.default_rng(3)
    centres = np.array([[0.35, 1.3], [1.2, 1.3], [0.35, 0.4], [1.2, 0.4]])
    for cluster, centre in enumerate(centres):
        points = corner + centre + random.normal(0, 0.09, [18, 2])
        colour = COLOURS[cluster]
        axes.scatter(*points.T, s=9, color=colour)
        axes.text(
            *(corner + centre + [0, 0.32]),
            f"cluster {cluster}",
            color=colour,
            ha="center",
            size=8,
            weight="bold" if cluster == lit else "normal",
        )
        if cluster == lit:
            ring = patches.Circle(corner + centre, 0.29, fill=False, ec=colour)
            axes.add_patch(ring)


def _slices(axes, left, bottom, lit):
    for learner in range(4):
        top = bottom + 1.6 - 0.4 * learner
        is_lit = learner in lit
        axes.add_patch(
            patches.Rectangle(
                (left, top - 0.4),
                0.5,
                0.4,
                facecolor=COLOURS[learner] if is_lit else OFF,
                edgecolor="white",
            )
        )
        axes.text(
            *(left + 0.25, top - 0.2, str(learner)),
            color="white" if is_lit else INK,
            ha="center",
            va="center",
        )
