"""Runs as tables of text: one row a run, one column a fact."""

from __future__ import annotations

from dnc_keras.comparison.classes import most_changed
from dnc_keras.comparison.differences import differing_settings
from dnc_keras.comparison.sentences import metric_of
from dnc_keras.comparison.verdicts import CLASSES
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


def by_baseline(comparisons) -> dict:
    """Those with differences, in lists by the title of their table."""
    found = {}
    for one in comparisons:
        if one.differences:
            found.setdefault(_difference_title(one), []).append(one)
    return found


def differences_table(comparisons) -> tuple[list, list]:
    """(header, rows) of paired differences, with intervals below them.

    Args:
        comparisons: a list of `Comparison` that have differences.
    """
    names = dict.fromkeys(n for one in comparisons for n in one.differences)
    rows = [row for one in comparisons for row in _difference_rows(one, names)]
    return ["", "", *map(short_name, names)], rows


def classes_table(comparison, num=3) -> tuple[list, list]:
    """(header, rows) of the classes that gain and lose most.

    Args:
        comparison: a `Comparison` of two runs.
        num: of classes that gain, and of those that lose, at most.
    """
    metric = metric_of(comparison)
    rows = [
        [row["class"], str(row["num_queries"]), f"{row[metric]:+.4f}"]
        for row in most_changed(comparison.classes, metric, num)
    ]
    return ["", "queries", short_name(metric)], rows


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


def _difference_title(comparison):
    over = "seeds, with Student's 95% interval"
    if comparison.over == CLASSES:
        over = "test classes, with 95% interval"
    over = f"{comparison.num_units} {over}"
    return f"Difference to {comparison.baseline}, over {over}"


def _difference_rows(comparison, names):
    found = [comparison.differences.get(name) for name in names]
    p_values = [comparison.corrected.get(name) for name in names]
    rows = [
        [comparison.name, "mean", *_cells(found, "mean", "{:+.4f}")],
        ["", "low", *_cells(found, "low", "{:+.4f}")],
        ["", "high", *_cells(found, "high", "{:+.4f}")],
        ["", "p", *("-" if p is None else f"{p:.4f}" for p in p_values)],
    ]
    if comparison.over == CLASSES:
        rows += [
            ["", "better", *_cells(found, "num_better", "{}")],
            ["", "worse", *_cells(found, "num_worse", "{}")],
        ]
    return rows


def _cells(differences, part, form):
    return [
        "-" if each is None else form.format(getattr(each, part))
        for each in differences
    ]


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


def _seconds(number):
    return "-" if number is None else f"{number:.1f}"


def _epochs(run):
    asked = (run.settings or {}).get("epochs", len(run.log))
    done = str(len(run.log))
    return done if len(run.log) == asked else f"{done} of {asked}"
