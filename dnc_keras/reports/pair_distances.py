"""How far apart matching and other pairs are, and where to cut."""

from __future__ import annotations

import numpy as np

from dnc_keras.reports.figures import COLORS
from dnc_keras.reports.figures import figure

NUM_BINS = 80
NUM_POINTS = 200
# Marked in the figures, as search has it by default.
RATE = 0.001


def pair_distances(examined) -> dict:
    """Two histograms, the thresholds of some rates, precision and recall.

    Args:
        examined: a `PerClass`.
    """
    thresholds = examined.threshold_rows()
    # That of the default rate, or of the lowest that can be measured.
    marked = [row for row in thresholds if row["rate"] >= RATE][-1:]
    pairs = examined.distances
    return {
        "num_matching": pairs.num_matching,
        "num_others": pairs.num_others,
        "smallest_rate": f"{pairs.smallest_false_match_rate:.1g}",
        "thresholds": [_described(row) for row in thresholds],
        "marked": _described(marked[0]) if marked else None,
        "histogram": _histogram(pairs, marked),
        "curve": _curve(pairs, marked),
    }


def _described(row):
    return {
        "rate": _percent(row["rate"]),
        "threshold": f"{row['threshold']:.4f}",
        **{
            name: _percent(row[name])
            for name in ("false_non_match_rate", "precision", "recall")
        },
    }


def _percent(share):
    # Also those of single pairs among thousands of millions.
    return "" if share is None else f"{100 * share:.3g}%"


def _histogram(pairs, marked):
    """Shares, as there are many more pairs of different classes."""
    edges, *counts = pairs.histogram(NUM_BINS)
    kinds = zip(("one class", "different classes"), counts, COLORS)
    traces = [
        {
            "type": "bar",
            "name": name,
            "x": np.round((edges[:-1] + edges[1:]) / 2, 5).tolist(),
            "y": np.round(100 * each / max(1, each.sum()), 4).tolist(),
            "customdata": each.tolist(),
            "hovertemplate": "%{x:.3f}: %{y:.2f}%, %{customdata:,} pairs",
            "marker": {"color": color},
            "opacity": 0.65,
        }
        for name, each, color in kinds
    ]
    layout = {
        "barmode": "overlay",
        "bargap": 0,
        "xaxis": {"title": {"text": "distance"}},
        "yaxis": {"title": {"text": "% of such pairs"}},
        "legend": {"orientation": "h", "y": 1.12},
        "shapes": _lines(marked),
        "height": 360,
    }
    return figure(traces, layout)


def _curve(pairs, marked):
    curves = pairs.curves()
    last = len(curves["threshold"]) - 1
    places = np.unique(np.linspace(0, last, NUM_POINTS).astype(int))
    # There is no precision before the first match.
    names = ("precision", "recall")
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": curves["threshold"][places].tolist(),
            "y": [
                None if np.isnan(value) else round(100 * value, 3)
                for value in curves[name][places].tolist()
            ],
            "line": {"color": color},
        }
        for name, color in zip(names, COLORS)
    ]
    layout = {
        "xaxis": {"title": {"text": "threshold"}},
        "yaxis": {"title": {"text": "% of pairs"}, "range": [0, 102]},
        "legend": {"orientation": "h", "y": 1.12},
        "shapes": _lines(marked),
        "height": 360,
    }
    return figure(traces, layout)


def _lines(marked):
    return [
        {
            "type": "line",
            "xref": "x",
            "yref": "paper",
            "x0": row["threshold"],
            "x1": row["threshold"],
            "y0": 0,
            "y1": 1,
            "line": {"width": 2, "dash": "dot", "color": "#888"},
        }
        for row in marked
    ]
