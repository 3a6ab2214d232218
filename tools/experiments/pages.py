"""The table of a comparison."""

from __future__ import annotations

import math
import statistics

from markdown_tables import table

from dnc_keras.metrics.names import MONITOR
from dnc_keras.metrics.names import short_name
from experiments.curves import epochs_to_reach

METRICS = ("recall_at_1", "map_at_r", "nmi")


def write_table(path, groups, control, seeds):
    """Writes a Markdown table of all variants.

    Args:
        path: the file.
        groups: a list of `comparison.Group`, one for each variant, with a run
            for each seed.
        control: the group that the others are compared with.
        seeds: the seeds, for the caption.
    """
    names = [short_name(metric) for metric in METRICS]
    header = ["", *names, *(f"{name} - control" for name in names)]
    header += [f"epochs to the control's last val. {names[0]}", "minutes"]
    text = table(header, [_row(group, control) for group in groups])
    caption = (
        f"{len(seeds)} seeds ({', '.join(map(str, seeds))}): mean and standard "
        "deviation; paired difference to the control, with Student's 95% "
        "interval."
    )
    path.write_text(f"{caption}\n\n{text}\n", encoding="utf-8")


def _row(group, control):
    mean, deviation = group.mean(), group.deviation()
    _, differences = group.difference(control)
    is_control = group is control
    return [
        group.name,
        *(_mean(mean[metric], deviation.get(metric)) for metric in METRICS),
        *("" if is_control else _change(differences[m]) for m in METRICS),
        _reached(group, control),
        f"{statistics.mean(run.total_seconds for run in group.runs) / 60:.1f}",
    ]


def _mean(mean, deviation):
    spread = "" if deviation is None else f" ± {100 * deviation:.1f}"
    return f"{100 * mean:.1f}{spread}"


def _change(difference):
    mean, low, high = (100 * value for value in difference)
    interval = f" ({low:+.1f} to {high:+.1f})" if math.isfinite(low) else ""
    return f"{mean:+.1f}{interval}"


def _reached(group, control):
    """Of each seed the epochs, of how many."""
    curves = [_curve(run) for run in group.runs]
    goals = [_curve(run)[-1] for run in control.runs]
    epochs = map(epochs_to_reach, curves, goals)
    told = ("never" if math.isinf(x) else str(x) for x in epochs)
    return f"{', '.join(told)} of {len(curves[0])}"


def _curve(run):
    return list(run.curve(MONITOR).values())
