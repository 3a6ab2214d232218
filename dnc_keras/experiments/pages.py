"""The pages of an experiment: for people and for other programs."""

from __future__ import annotations

import math
import statistics
from functools import partial

from dnc_keras.comparison.files import write_comparison_csv
from dnc_keras.experiments import verdict
from dnc_keras.metrics.names import short_name
from dnc_keras.support.formats import stamped
from dnc_keras.support.whole_files import write_json

METRICS = (verdict.METRIC, "map_at_r", "nmi")
_NAMES = [short_name(metric) for metric in METRICS]
_MEASURED = ["", "seeds", *_NAMES, *(f"{name} - control" for name in _NAMES)]


def markdown(groups) -> str:
    """The page: the verdict, a table, and the choice on validation classes.

    Args:
        groups: a list of `comparison.Group`, the control first.
    """
    winner = verdict.winner_of(groups)
    parts = [
        " ".join(verdict.verdict_of(groups)),
        verdict.winner_told(winner, groups[0]) if winner else "",
        "Test classes: mean and standard deviation over the seeds; paired "
        "difference to the control, with Student's 95% interval. Validation "
        "classes: at each run's best epoch, counted from 0.",
        _table(groups, _row, _header(groups)),
        *_after_equal_steps(groups),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def write_tables(folder, name: str, groups, failed):
    """Writes `experiment.md`, `.csv` with a row a run, and `.json`.

    Args:
        folder: a `pathlib.Path`.
        name: of the plan.
        groups: a list of `comparison.Group`, the control first.
        failed: a dict of runs without a result and the end of their logs.
    """
    runs = [run for group in groups for run in group.runs]
    write_comparison_csv(folder / "experiment.csv", runs, groups)
    winner = verdict.winner_of(groups)
    content = {
        "plan": name,
        "verdict": verdict.verdict_of(groups),
        "chosen_on_validation": winner.group.name if winner else None,
        "failed": failed,
        "variants": [_variant(group, groups[0]) for group in groups],
    }
    write_json(folder / "experiment.json", stamped(content))


def epochs_to_reach(curve, goal) -> float:
    """Epochs until a curve is at `goal` or above; infinity if it never is."""
    reached = (number for number, x in enumerate(curve, 1) if x >= goal)
    return next(reached, math.inf)


def _table(groups, row, header):
    rows = [row(group, groups[0]) for group in groups if group.finished]
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _after_equal_steps(groups):
    """What runs have that were measured after the last epoch, too."""
    runs = [run for group in groups for run in group.finished]
    if not runs or not all(run.last for run in runs):
        return []
    return [
        "After equal steps: the same test classes, by the last epoch of each "
        "run, whether or not it is the best.",
        _table(groups, partial(_measured, part="last"), _MEASURED),
    ]


def _header(groups):
    chosen_by = short_name(verdict.monitor_of(groups).name)
    return [
        *_MEASURED,
        f"validation {chosen_by}",
        "best epoch",
        f"epochs to the control's last val. {chosen_by}",
        "minutes",
    ]


def _measured(group, control, part="test"):
    mean, deviation = group.mean(part), group.deviation(part)
    _, differences = _difference(group, control, part)
    return [
        group.name,
        ", ".join(group.seeds),
        *(_spread(mean.get(m), deviation.get(m)) for m in METRICS),
        *(_change(differences.get(m)) for m in METRICS),
    ]


def _row(group, control):
    chosen = [run.result["selected_epoch"] for run in group.finished]
    return [
        *_measured(group, control),
        _validation(group),
        ", ".join(map(str, chosen)),
        _reached(group, control),
        _minutes(group),
    ]


def _difference(group, control, part="test"):
    found = None if group is control else group.difference(control, part)
    return found or ([], {})


def _spread(mean, deviation):
    if mean is None:
        return ""
    spread = "" if deviation is None else f" ± {100 * deviation:.1f}"
    return f"{100 * mean:.1f}{spread}"


def _change(difference):
    if difference is None:
        return ""
    mean, low, high = (100 * value for value in difference)
    interval = f" ({low:+.1f} to {high:+.1f})" if math.isfinite(low) else ""
    return f"{mean:+.1f}{interval}"


def _validation(group):
    monitor = verdict.monitor_of([group])
    values = [verdict.validation(run, monitor) for run in group.finished]
    several = len(values) > 1
    return _spread(
        statistics.mean(values), statistics.stdev(values) if several else None
    )


def _reached(group, control):
    """Of each seed the epochs, of how many."""
    monitor = verdict.monitor_of([control])
    goals = {run.seed: _curve(run, monitor)[-1] for run in control.finished}
    curves = {run.seed: _curve(run, monitor) for run in group.finished}
    epochs = [
        epochs_to_reach(curve, goals[seed])
        for seed, curve in curves.items()
        if seed in goals
    ]
    if not epochs:
        return ""
    told = ("never" if math.isinf(x) else str(x) for x in epochs)
    return f"{', '.join(told)} of {max(map(len, curves.values()))}"


def _curve(run, monitor):
    return list(run.curve(monitor.name).values())


def _minutes(group):
    seconds = [run.total_seconds or 0 for run in group.finished]
    return f"{statistics.mean(seconds) / 60:.1f}"


def _variant(group, control):
    seeds, differences = _difference(group, control)
    monitor = verdict.monitor_of([group])
    return {
        "name": group.name,
        "mean": group.mean(),
        "std": group.deviation(),
        "difference": {
            "seeds": seeds,
            "metrics": {k: v._asdict() for k, v in differences.items()},
        },
        "runs": [_run(run, monitor) for run in group.finished],
    }


def _run(run, monitor):
    return {
        "seed": run.seed,
        "path": run.path,
        "settings": run.settings,
        "test": run.test,
        "last": run.last,
        "validation": verdict.validation(run, monitor),
        "selected_epoch": run.result["selected_epoch"],
        "seconds": run.total_seconds,
    }
