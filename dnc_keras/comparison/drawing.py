"""Draws runs: curves by epoch, and bars of a test metric.

The one module of the package that needs matplotlib, the extra `report`.
"""

from __future__ import annotations

import warnings

import matplotlib
from matplotlib.figure import Figure

from dnc_keras.comparison.tables import metric_names
from dnc_keras.comparison.tables import printable
from dnc_keras.metrics.names import MONITOR
from dnc_keras.metrics.names import short_name
from dnc_keras.support.whole_files import whole_file

_TITLES = {
    MONITOR: f"{short_name(MONITOR)} on held-out training classes",
    "loss": "training loss",
}
_LONGEST_NAME = 40


def draw_comparison(path, runs, groups):
    """Writes a PNG: curves on the left, bars on the right.

    A run's curve is its validation R@1, or its loss where it has none. The
    runs of a group have one colour. The bars have the 95% intervals of the
    runs that know them.

    Args:
        path: the file.
        runs: a list of `Run`.
        groups: a list of `Group`.
    """
    colors = _colors(runs, groups)
    finished = [run for run in runs if run.is_finished]
    curves = curves_of(runs)
    num_panels = len(curves) + bool(finished)
    height = max(4.5, 1.2 + 0.28 * len(finished))
    figure = Figure(figsize=(6 * max(num_panels, 1), height))
    figure.set_layout_engine("constrained")
    panels = iter(figure.subplots(1, max(num_panels, 1), squeeze=False)[0])
    for name, drawn in curves.items():
        _draw_curves(next(panels), name, drawn, colors)
    if finished:
        _draw_bars(next(panels), finished, colors)
    with whole_file(path) as file, warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes.
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        figure.savefig(file, format="png", dpi=100)


def _colors(runs, groups):
    """(color, label) of each run; a group has one of both."""
    labels = {run: group.name for group in groups for run in group.runs}
    labels = {run: labels.get(run, run.name) for run in runs}
    shown = list(dict.fromkeys(labels.values()))
    palette = matplotlib.colormaps["tab10" if len(shown) <= 10 else "tab20"]
    return {
        run: (palette(shown.index(label) % palette.N), label)
        for run, label in labels.items()
    }


def curves_of(runs):
    """A dict of the entries to draw, each with a dict of run and curve."""
    curves = {MONITOR: {}, "loss": {}}
    for run in runs:
        names = [name for name in curves if run.curve(name)]
        if names:
            curves[names[0]][run] = run.curve(names[0])
    return {name: drawn for name, drawn in curves.items() if drawn}


def _draw_curves(axes, name, curves, colors):
    labelled = set()
    for run, curve in curves.items():
        color, label = colors[run]
        axes.plot(
            list(curve),
            list(curve.values()),
            color=color,
            lw=1.2,
            marker="." if len(curve) < 30 else None,
            linestyle="-" if run.is_finished else "--",
            label=None if label in labelled else _text(label),
        )
        labelled.add(label)
    axes.set_xlabel("epoch, from 0 on")
    axes.set_title(_TITLES[name])
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")


def _draw_bars(axes, runs, colors):
    names = metric_names(runs)
    metric = "recall_at_1" if "recall_at_1" in names else names[0]
    runs = [run for run in runs if metric in run.test]
    rows = range(len(runs))
    values = [run.test[metric] for run in runs]
    axes.barh(rows, values, color=[colors[run][0] for run in runs])
    for row, run in zip(rows, runs):
        _draw_interval(axes, row, run.intervals.get(metric))
        axes.annotate(
            f"{run.test[metric]:.4f}",
            (0, row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            color="white",
            fontsize="small",
        )
    axes.set_yticks(rows, [_text(run.name) for run in runs])
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_title(f"{short_name(metric)} on the test classes")
    axes.grid(axis="x", alpha=0.3)


def _draw_interval(axes, row, ends):
    if ends:
        axes.plot(ends, [row, row], color="black", lw=1.5, marker="|")


def _text(name):
    """A name as matplotlib shows it, which takes `$` for a formula."""
    name = printable(name)
    if len(name) > _LONGEST_NAME:
        name = "..." + name[3 - _LONGEST_NAME :]
    return name.replace("$", r"\$")
