"""How well classes are found by their number of images."""

from __future__ import annotations

from dnc_keras.metrics.names import short_name
from dnc_keras.reports.figures import COLORS
from dnc_keras.reports.figures import figure


def class_sizes(examined) -> dict:
    """The metrics over the number of images, and the same in words.

    Args:
        examined: a `PerClass`.
    """
    rows = examined.size_rows()
    return {
        "told": examined.told_sizes(),
        # One number of images makes no figure.
        "figure": _figure(rows, examined.quality) if len(rows) > 1 else None,
    }


def _figure(rows, quality):
    names = [_name(row) for row in rows]
    counts = {
        "type": "bar",
        "name": "classes",
        "x": names,
        "y": [row["num_classes"] for row in rows],
        "yaxis": "y2",
        "marker": {"color": "#888"},
        "opacity": 0.4,
    }
    metrics = [n for n in ("recall_at_1", quality) if n in rows[0]]
    lines = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": short_name(metric),
            "x": names,
            "y": [round(100 * row[metric], 2) for row in rows],
            "line": {"color": color},
        }
        for metric, color in zip(metrics, COLORS)
    ]
    layout = {
        "xaxis": {"title": {"text": "images of a class"}, "type": "category"},
        "yaxis": {
            "title": {"text": "mean over classes, %"},
            "range": [0, 102],
            # Its own ticks: not at the places of the other axis.
            "tickmode": "linear",
            "dtick": 20,
            "overlaying": "y2",
        },
        "yaxis2": {
            "title": {"text": "number of classes"},
            "side": "right",
            "rangemode": "tozero",
            "showgrid": False,
        },
        "margin": {"l": 56, "r": 56, "t": 28, "b": 48},
        "legend": {"orientation": "h", "y": 1.14},
        "height": 360,
    }
    return figure([counts, *lines], layout)


def _name(row):
    fewest, most = row["fewest"], row["most"]
    return f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
