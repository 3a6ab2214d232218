"""The tables and curves of a comparison."""

from __future__ import annotations

import math
import statistics

from matplotlib import pyplot

from dnc_keras.metrics.names import MONITOR
from dnc_keras.metrics.paired import paired_difference
from experiments.curves import epochs_to_reach

METRICS = {"recall_at_1": "R@1", "map_at_r": "MAP@R", "nmi": "NMI"}


def write_table(path, runs, control, seeds):
    """Writes a Markdown table of all variants.

    Args:
        path: the file.
        runs: a dict of variants, each a list of (result, log), one for each
            seed.
        control: the variant that the others are compared with.
        seeds: the seeds, for the caption.
    """
    names = list(METRICS.values())
    header = ["", *names, *(f"{name} - control" for name in names)]
    header += ["epochs to the control's last val. R@1", "minutes"]
    lines = [header, ["---"] * len(header)]
    lines += [_row(name, runs[name], runs[control]) for name in runs]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    caption = (
        f"{len(seeds)} seeds ({', '.join(map(str, seeds))}): mean and standard "
        "deviation; paired difference to the control, with Student's 95% "
        "interval."
    )
    path.write_text(f"{caption}\n\n{text}\n", encoding="utf-8")


def _row(name, own, control):
    metrics = [[_values(runs, m) for runs in (own, control)] for m in METRICS]
    return [
        name,
        *(_mean(values) for values, _ in metrics),
        *(_change(*pair) if own is not control else "" for pair in metrics),
        _reached(own, control),
        f"{statistics.mean(map(_minutes, own)):.1f}",
    ]


def _values(runs, metric):
    return [100 * result["test"][metric] for result, _ in runs]


def _mean(values):
    spread = f" ± {statistics.stdev(values):.1f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.1f}{spread}"


def _change(values, control):
    mean, low, high = paired_difference(values, control)
    interval = f" ({low:+.1f} to {high:+.1f})" if math.isfinite(low) else ""
    return f"{mean:+.1f}{interval}"


def _reached(own, control):
    """Of each seed the epochs, of how many."""
    epochs = [
        epochs_to_reach(_curve(log), _curve(control_log)[-1])
        for (_, log), (_, control_log) in zip(own, control)
    ]
    told = ("never" if math.isinf(x) else str(x) for x in epochs)
    return f"{', '.join(told)} of {len(own[0][1])}"


def _curve(log):
    return [line[MONITOR] for line in log]


def _minutes(run):
    return sum(run[0]["seconds"].values()) / 60


def draw_curves(path, runs):
    """Draws R@1 on the held-out training classes: mean bold, seeds thin."""
    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    for number, (name, own) in enumerate(runs.items()):
        curves = [[100 * x for x in _curve(log)] for _, log in own]
        epochs = range(1, len(curves[0]) + 1)
        for curve in curves:
            axes.plot(epochs, curve, color=f"C{number}", lw=0.5, alpha=0.5)
        mean = [statistics.mean(values) for values in zip(*curves)]
        axes.plot(epochs, mean, color=f"C{number}", lw=2, label=name)
    axes.set_xlabel("epoch")
    axes.set_ylabel("R@1 on held-out training classes, %")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=100)
