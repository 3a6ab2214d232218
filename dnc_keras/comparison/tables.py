"""Runs as tables of text: one row a run, one column a fact."""

from __future__ import annotations

import math

from dnc_keras.comparison.differences import differing_settings
from dnc_keras.metrics.names import MONITOR
from dnc_keras.metrics.names import short_name
from dnc_keras.support.printable import printable
from dnc_keras.support.text_tables import text_table

_LONGEST_CELL = 28


def settings_table(runs) -> tuple[list, list]:
    """(header, rows) of the settings that differ; no rows if none does."""
    names = differing_settings(runs)
    rows = [
        [run.name, *(_setting(run.settings.get(name)) for name in names)]
        for run in runs
        if run.settings
    ]
    return ["", *names], rows if names else []


def metrics_table(runs) -> tuple[list, list]:
    """(header, rows) of the test metrics, with intervals below them."""
    finished = [run for run in runs if run.is_finished]
    names = metric_names(finished)
    rows = []
    for run in finished:
        rows.append([run.name, *(_value(run.test.get(n)) for n in names)])
        if run.intervals:
            ends = [_interval(run.intervals.get(name)) for name in names]
            rows.append(["", *ends])
    return ["", *map(short_name, names)], rows


def training_table(runs) -> tuple[list, list]:
    """(header, rows) of epochs and seconds."""
    parts = list(dict.fromkeys(part for run in runs for part in run.seconds))
    rows = [
        [
            run.name,
            _epochs(run),
            _text(run.result.get("selected_epoch")),
            *(_seconds(run.seconds.get(part)) for part in parts),
            _seconds(run.total_seconds),
        ]
        for run in runs
    ]
    return ["", "epochs", "selected", *parts, "total"], rows


def groups_table(groups) -> tuple[list, list]:
    """(header, rows) of mean and standard deviation."""
    names = metric_names(run for group in groups for run in group.finished)
    rows = []
    for group in groups:
        mean, deviation = group.mean(), group.deviation()
        seeds = ",".join(group.seeds)
        rows.append([group.name, seeds, *(_value(mean.get(n)) for n in names)])
        if deviation:
            spread = [_value(deviation.get(name)) for name in names]
            rows.append(["", "std", *spread])
    return ["", "seeds", *map(short_name, names)], rows


def differences_table(groups) -> tuple[list, list]:
    """(header, rows) of the paired differences to the first group."""
    names = metric_names(run for group in groups for run in group.finished)
    rows = []
    for group in groups[1:]:
        found = group.difference(groups[0])
        if found:
            rows += _difference_rows(group.name, *found, names)
    return ["", "seeds", *map(short_name, names)], rows


def metric_names(runs) -> list[str]:
    """The metrics that any run has, without spreads of another metric."""
    names = dict.fromkeys(name for run in runs for name in run.test)
    return [name for name in names if not name.endswith("_std")]


def format_table(header, rows, width: int = 80, num_keys: int = 1) -> list[str]:
    """Lays out a table of cells that may be long or hold any character.

    Args:
        header: a list of str; the first column is aligned left.
        rows: lists of str, as long as the header.
        width: of a line.
        num_keys: number of columns that are repeated.

    Returns:
        A list of lines.
    """
    cells = [[_shortened(printable(x)) for x in row] for row in (header, *rows)]
    return text_table(cells[0], cells[1:], width, num_keys)


def last_line(run) -> str:
    """The end of an unfinished run's log, in a few words."""
    if not run.log:
        return "no epoch is finished"
    told = [n for n in ("epoch", "loss", MONITOR) if n in run.log[-1]]
    return ", ".join(f"{name} {_text(run.log[-1][name])}" for name in told)


def _difference_rows(name, seeds, differences, names):
    found = [differences.get(metric) for metric in names]
    rows = [[name, ",".join(seeds), *(_signed(x, "mean") for x in found)]]
    if len(seeds) > 1:
        rows += [
            ["", end, *(_signed(x, end) for x in found)]
            for end in ("low", "high")
        ]
    return rows


def _shortened(text):
    if len(text) <= _LONGEST_CELL:
        return text
    # The end of a path tells more than its beginning.
    return text[:7] + "..." + text[10 - _LONGEST_CELL :]


def _setting(value):
    return _text(value) if value != "" else "''"


def _text(value):
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _value(number):
    return "-" if number is None else f"{number:.4f}"


def _interval(ends):
    return "" if ends is None else "{:.3f}-{:.3f}".format(*ends)


def _signed(difference, end):
    number = math.inf if difference is None else getattr(difference, end)
    return f"{number:+.4f}" if math.isfinite(number) else "-"


def _seconds(number):
    return "-" if number is None else f"{number:.1f}"


def _epochs(run):
    asked = (run.settings or {}).get("epochs", len(run.log))
    done = str(len(run.log))
    return done if len(run.log) == asked else f"{done} of {asked}"
