"""Figures as Plotly describes them, in dicts: pages draw them."""

from __future__ import annotations

# Of Okabe and Ito, told apart by the colour-blind, on white and on black.
COLORS = (
    "#0080c8",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#d55e00",
    "#56b4e9",
    "#8f7ee7",
    "#a58a52",
)


def figure(traces: list, layout: dict) -> dict:
    """A figure of Plotly's schema, with the margins that phones need."""
    margins = {"margin": {"l": 56, "r": 12, "t": 28, "b": 48}}
    return {"data": traces, "layout": {**margins, **layout}}


def bars(values: dict, title: str) -> dict:
    """A bar for each entry of a dict."""
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": list(values.values()),
        "y": list(values),
        "marker": {"color": COLORS[0]},
    }
    layout = {
        "xaxis": {"title": {"text": title}},
        "yaxis": {"automargin": True, "autorange": "reversed"},
        "height": 60 + 40 * len(values),
    }
    return figure([trace], layout)
