"""Colours, boxes and arrows."""

from __future__ import annotations

import numpy as np
from matplotlib import patches
from matplotlib import pyplot as plt

# Wong's colours, told apart by colour-blind people too.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
COLOURS_OF_HALVES = (
    *("#0072b2", "#56b4e9", "#d55e00", "#e69f00"),
    *("#009e73", "#8fce9f", "#cc79a7", "#e7bfd4"),
)
OFF = "#dddddd"
INK = "#222222"
STYLE = {
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": INK,
    # A background of its own is read on dark pages, too.
    "figure.facecolor": "white",
    # The same bytes each time.
    "svg.hashsalt": "dnc_keras",
}


def blank(width, height):
    """A figure of inches to draw on."""
    figure = plt.figure(figsize=(width, height))
    axes = figure.add_axes([0.01, 0.01, 0.98, 0.98])
    axes.set(xlim=(-0.05, width - 0.15), ylim=(-0.05, height + 0.25))
    axes.axis("off")
    return figure, axes


def box(axes, corner, size, title, text):
    axes.add_patch(
        patches.FancyBboxPatch(
            *(corner, *size),
            boxstyle="round,pad=0.02",
            facecolor="white",
            edgecolor=INK,
        )
    )
    x, y = np.add(corner, np.divide(size, 2))
    axes.text(x, y + 0.13 * bool(text), title, ha="center", va="center")
    axes.text(x, y - 0.16, text, ha="center", va="center", size=8)


def arrow(axes, start, end, text=""):
    axes.annotate(
        *("", end, start), arrowprops={"arrowstyle": "-|>", "color": INK}
    )
    x, y = np.add(start, end) / 2
    axes.text(x, y + 0.08, text, ha="center", size=8)
