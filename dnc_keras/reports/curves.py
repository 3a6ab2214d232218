"""Loss and recall by epoch, with what the division did meanwhile."""

from __future__ import annotations

from dnc_keras.batches.phases import Phases
from dnc_keras.metrics.names import MONITOR
from dnc_keras.metrics.names import PREFIX
from dnc_keras.metrics.names import long_name
from dnc_keras.reports.figures import COLORS
from dnc_keras.reports.figures import figure

# The part of the height below recall, and below which the loss is.
_LOSS = 0.32
_RECALL = 0.42


def curves(record, control=None) -> dict:
    """The figure of the curves.

    Epochs count from 0, as in `result.json`, `log.jsonl` and TensorBoard. What
    an epoch gave stands at its number; a clustering, between the epoch before
    and the one that used it first.

    Args:
        record: a `TrainedRun`.
        control: the `TrainedRun` of a run to compare with, or None.
    """
    has_validation = any(MONITOR in line for line in record.log)
    shown = _chosen_by(record)
    traces = _traces(record.log, shown, "")
    if control:
        traces += _traces(control.log, shown, f"{control.name}: ", "dash")
    layout = {
        "xaxis": {
            "anchor": "y2",
            "title": {"text": "epoch, from 0 on"},
            "tick0": 0,
            "dtick": max(1, len(record.log) // 10),
        },
        "yaxis": {
            "title": {"text": "held-out classes, %"},
            "domain": [_RECALL, 1],
            "visible": has_validation,
        },
        "yaxis2": {
            "title": {"text": "loss"},
            "domain": [0, _LOSS if has_validation else 1],
        },
        "shapes": _phase_shapes(record) + _clustering_lines(record),
        "annotations": _phase_names(record),
        "legend": {"orientation": "h", "y": -0.15},
        "height": 480,
    }
    return {
        "figure": figure(traces, layout),
        "has_validation": has_validation,
        "num_clusterings": len(_clusterings(record)),
    }


def _chosen_by(record):
    """The entry that chose the epoch, which is drawn at first."""
    if record.is_by_fit:
        return MONITOR
    return PREFIX + record.settings["monitor"]


def _traces(log, shown, prefix, dash="solid"):
    found = {name for line in log for name in line if name.startswith(PREFIX)}
    names = sorted(found, key=lambda name: (name != shown, name))
    traces = [
        {
            **_trace(log, name, f"{prefix}{long_name(name)}", dash, color),
            "visible": True if name == shown else "legendonly",
        }
        for name, color in zip(names, COLORS)
    ]
    loss = _trace(log, "loss", f"{prefix}loss", dash, COLORS[0], 1.0)
    return [*traces, {**loss, "yaxis": "y2", "visible": True}]


def _trace(log, name, title, dash, color, scale=100.0):
    points = [(line["epoch"], line[name]) for line in log if name in line]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": title,
        "x": [x for x, _ in points],
        "y": [scale * y for _, y in points],
        "line": {"dash": dash, "color": color},
    }


def phases(config) -> list[tuple[str, int, int]]:
    """(name, first epoch, epoch after the last) of each phase of a run."""
    if config.num_learners == 1:
        return [("one learner", 0, config.epochs)]
    whole = config.epoch_of(config.whole_embedding_from)
    together = config.epoch_of(config.one_cluster_from)
    return Phases(whole, together).spans(config.epochs)


def _phases_of(record):
    settings = record.settings
    if not record.is_by_fit:
        return phases(record.config)
    whole, together = (
        settings.get(f"recluster.{name}")
        for name in ("whole_embedding_from", "one_cluster_from")
    )
    return Phases(whole, together).spans(settings["epochs"])


def _phase_shapes(record):
    return [
        {
            "type": "rect",
            "xref": "x",
            "yref": "paper",
            "x0": start - 0.5,
            "x1": end - 0.5,
            "y0": 0,
            "y1": 1,
            "fillcolor": COLORS[number],
            "opacity": 0.1,
            "line": {"width": 0},
        }
        for number, (_, start, end) in enumerate(_phases_of(record))
    ]


def _phase_names(record):
    return [
        {
            "text": name,
            "x": (start + end - 1) / 2,
            "y": 1.0,
            "xref": "x",
            "yref": "paper",
            "yanchor": "bottom",
            "showarrow": False,
        }
        for name, start, end in _phases_of(record)
    ]


def _clusterings(record):
    """The epochs that began with other clusters; none is no fault here."""
    try:
        return list(record.assignments)
    except (ValueError, OSError):
        return []


def _clustering_lines(record):
    return [
        {
            "type": "line",
            "xref": "x",
            "yref": "paper",
            "x0": epoch - 0.5,
            "x1": epoch - 0.5,
            "y0": 0,
            "y1": 1,
            "line": {"width": 1, "dash": "dot", "color": "#888"},
        }
        for epoch in _clusterings(record)
    ]
