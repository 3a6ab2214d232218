"""What was trained, and what came out, in numbers."""

from __future__ import annotations

import shlex

from dnc_keras.config.settings import DEFAULTS
from dnc_keras.metrics.names import long_name
from dnc_keras.metrics.query_matches import told_left_out
from dnc_keras.reports.figures import bars


def results(record, control=None) -> dict:
    """The table of metrics: before, after, and those of a control.

    Args:
        record: a `TrainedRun`.
        control: the `TrainedRun` of another run to compare with, or None.

    Returns:
        What the template of this section takes; all values in percent.
    """
    result = record.result
    other = control.result if control else {}
    intervals = result.get("intervals", {})
    before = result.get("before", {})
    return {
        "protocol": result.get("protocol", ""),
        "selection": result.get("selection", ""),
        "selected_epoch": result.get("selected_epoch"),
        "control": control.name if control else "",
        "other_protocol": _other_protocol(result, other),
        "left_out": told_left_out(result),
        "has_before": bool(before),
        "has_intervals": bool(intervals),
        "rows": [
            {
                "name": long_name(name),
                "before": _percent(before.get(name)),
                "after": _percent(value),
                "interval": _interval(intervals.get(name)),
                "control": _percent(other.get("test", {}).get(name)),
                "change": _change(value, other.get("test", {}).get(name)),
            }
            for name, value in (result["test"] or result["validation"]).items()
            if not name.endswith("_std")
        ],
    }


def _other_protocol(result, other):
    """How the control was measured, where that differs."""
    names = ["dataset", "protocol", "num_test_images"]
    if result.get("test_set") and other.get("test_set"):
        names.append("test_set")  # Earlier versions do not say.
    if not other or all(result.get(n) == other.get(n) for n in names):
        return ""
    return ", ".join(str(other.get(name, "unknown")) for name in names)


def settings(record, _=None) -> dict:
    """All settings, those that are not the defaults, and the command.

    Of a user's own `fit` there is neither a default nor a command.
    """
    every = record.settings
    if record.is_by_fit:
        return {"command": "", "changed": {}, "every": every}
    return {
        "command": _command(every),
        "changed": {k: v for k, v in every.items() if v != DEFAULTS.get(k)},
        "every": every,
    }


def _command(every):
    """The command with each flag: recipes of data sets change nothing."""
    known = {k: v for k, v in every.items() if k in DEFAULTS}
    flags = (f"--{name}={value}" for name, value in known.items())
    return " ".join(["python -m dnc_keras.train", *map(shlex.quote, flags)])


def facts(record, _=None) -> dict:
    """Counts of images, seconds of each part, versions, and the log."""
    result = record.result
    return {
        "counts": {k: v for k, v in result.items() if k.startswith("num_")},
        "figure": bars(result["seconds"], "seconds"),
        "seconds": {k: f"{v:,.1f}" for k, v in result["seconds"].items()},
        "versions": result.get("versions", {}),
    }


def epochs(record, _=None) -> dict:
    """The lines of the log, a column for each of their entries."""
    names = dict.fromkeys(name for line in record.log for name in line)
    return {
        "names": list(names),
        "lines": [
            [_number(line.get(name, "")) for name in names]
            for line in record.log
        ],
    }


def _number(value):
    return f"{value:.4g}" if isinstance(value, float) else value


def _percent(value):
    return "" if value is None else f"{100 * value:.1f}"


def _interval(pair):
    return "" if pair is None else f"{_percent(pair[0])} to {_percent(pair[1])}"


def _change(value, other):
    return "" if None in (value, other) else f"{100 * (value - other):+.1f}"
