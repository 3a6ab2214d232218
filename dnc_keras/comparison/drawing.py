"""Draws runs: curves by epoch, and bars of a test metric.

The one module of the package that needs matplotlib, the extra `report`.
"""

from __future__ import annotations

import statistics
import warnings

import matplotlib
from matplotlib.figure import Figure

from dnc_keras.comparison.sentences import metric_of
from dnc_keras.comparison.sentences import state_of
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


def draw_comparison(path, runs, groups, comparisons=()):
    """Writes a PNG: curves on the left, then bars, then differences.

    A run's curve is its validation R@1, or its loss where it has none. The
    runs of a group have one colour, and their mean a curve of its own. The bars
    have the 95% intervals of the runs that know them. Differences have the
    colors of what is compared with the baseline, and their 95% intervals.

    Args:
        path: the file.
        runs: a list of `Run`.
        groups: a list of `Group`.
        comparisons: a list of `Comparison`.
    """
    colors = _colors(runs, groups)
    finished = [run for run in runs if run.is_finished]
    curves = curves_of(runs)
    compared = [one for one in comparisons if one.differences]
    num_panels = len(curves) + bool(finished) + bool(compared)
    height = max(4.5, 1.2 + 0.28 * len(finished))
    figure, panels = _figure(num_panels, 6, height)
    for name, drawn in curves.items():
        _draw_curves(next(panels), name, drawn, colors)
    if finished:
        _draw_bars(next(panels), finished, colors)
    if compared:
        by_name = {run.name: colors[run][0] for run in runs}
        _draw_differences(next(panels), compared, by_name)
    _save(path, figure)


def draw_curves(path, groups):
    """Writes a PNG of the curves alone, as `draw_comparison` has them.

    Args:
        path: the file.
        groups: a list of `Group`.
    """
    runs = [run for group in groups for run in group.runs]
    curves = curves_of(runs)
    figure, panels = _figure(len(curves), 8, 5)
    for name, drawn in curves.items():
        _draw_curves(next(panels), name, drawn, _colors(runs, groups))
    _save(path, figure)


def _figure(num_panels, width, height):
    """A figure, and an iterator over its axes, side by side."""
    num_panels = max(num_panels, 1)
    figure = Figure(figsize=(width * num_panels, height))
    figure.set_layout_engine("constrained")
    return figure, iter(figure.subplots(1, num_panels, squeeze=False)[0])


def _save(path, figure):
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
    by_group = {}
    for run, curve in curves.items():
        by_group.setdefault(colors[run], {})[run] = curve
    for (color, label), drawn in by_group.items():
        has_mean = len(drawn) > 1
        for run, curve in drawn.items():
            style = "-" if run.is_finished else "--"
            _draw_curve(axes, curve, color, style, 0.5 if has_mean else 1.2)
        if has_mean:
            _draw_curve(axes, mean_curve(drawn.values()), color, "-", 2.0)
        axes.lines[-1].set_label(_text(label))
    axes.set_xlabel("epoch, from 0 on")
    axes.set_title(_TITLES[name])
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")


def _draw_curve(axes, curve, color, style, width):
    axes.plot(
        list(curve),
        list(curve.values()),
        color=color,
        linewidth=width,
        alpha=min(1.0, width),
        marker="." if len(curve) < 30 else None,
        markersize=min(6.0, 5.0 * width),
        linestyle=style,
    )


def mean_curve(curves):
    """The mean of each epoch that all curves have."""
    first, *others = curves
    return {
        epoch: statistics.mean(curve[epoch] for curve in (first, *others))
        for epoch in first
        if all(epoch in curve for curve in others)
    }


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


def _draw_differences(axes, comparisons, colors):
    metric = metric_of(comparisons[0])
    drawn = [one for one in comparisons if metric in one.differences]
    for row, one in enumerate(drawn):
        found = [100 * end for end in one.differences[metric][:3]]
        color = colors[one.runs[0]]
        axes.plot(found[1:], [row, row], color=color, lw=2.5, marker="|")
        axes.plot(found[0], row, color=color, marker="o")
    axes.axvline(0, color="black", lw=1)
    axes.set_yticks(
        range(len(drawn)), [f"{_text(x.name)}\n{state_of(x)}" for x in drawn]
    )
    axes.set_ylim(len(drawn) - 0.5, -0.5)
    baselines = dict.fromkeys(_text(one.baseline) for one in drawn)
    axes.set_title(f"{short_name(metric)} minus that of {', '.join(baselines)}")
    axes.set_xlabel("points, with 95% intervals")
    axes.grid(axis="x", alpha=0.3)


def _text(name):
    """A name as matplotlib shows it, which takes `$` for a formula."""
    name = printable(name)
    if len(name) > _LONGEST_NAME:
        name = "..." + name[3 - _LONGEST_NAME :]
    return name.replace("$", r"\$")
