"""A comparison as files for other programs."""

from __future__ import annotations

from dnc_keras.comparison.differences import differing_settings
from dnc_keras.comparison.differences import find_warnings
from dnc_keras.comparison.groups import refused_means
from dnc_keras.comparison.sentences import state_of
from dnc_keras.comparison.sentences import verdict_of
from dnc_keras.support.printable import printable
from dnc_keras.support.whole_files import write_csv
from dnc_keras.support.whole_files import write_json


def write_comparison_json(path, runs, groups, comparisons):
    """Writes runs, groups, comparisons, what differs and the warnings.

    Numbers that are none, such as the loss of a broken run, are null.

    Args:
        path: the file.
        runs: a list of `Run`.
        groups: a list of `Group`.
        comparisons: a list of `Comparison`.
    """
    content = {
        "settings": differing_settings(runs),
        "warnings": [*find_warnings(runs), *refused_means(groups)],
        "runs": [_run(run) for run in runs],
        "groups": [_group(group) for group in groups],
        "comparisons": [_comparison(one) for one in comparisons],
        "verdict": verdict_of(comparisons),
    }
    write_json(path, content)


def write_comparison_csv(path, runs, groups, comparisons=()):
    """Writes a table with one row a run.

    A run's difference is its own, or that of its group of seeds.

    Args:
        path: the file.
        runs: a list of `Run`.
        groups: a list of `Group`.
        comparisons: a list of `Comparison`.
    """
    group_of = {run: group.name for group in groups for run in group.runs}
    settings = differing_settings(runs)
    compared = {name: one for one in comparisons for name in one.runs}
    rows = [
        {
            **_row(run, group_of.get(run, ""), settings),
            **_difference(compared.get(run.name)),
        }
        for run in runs
    ]
    write_csv(path, rows)


def write_classes_csv(path, comparisons):
    """Writes a table with one row for each test class of each two runs.

    Args:
        path: the file.
        comparisons: a list of `Comparison`; those of seeds are left out.
    """
    rows = [
        {
            "run": printable(one.name),
            "baseline": printable(one.baseline),
            "class": printable(row["class"]),
            "num_queries": row["num_queries"],
            **{f"difference_{name}": row[name] for name in one.differences},
        }
        for one in comparisons
        for row in one.classes
    ]
    write_csv(path, rows)


def _run(run):
    return {
        "name": run.name,
        "path": run.path,
        "finished": run.is_finished,
        "problems": run.problems,
        "settings": run.settings,
        "num_epochs": len(run.log),
        "selected_epoch": run.result.get("selected_epoch"),
        "dataset": run.result.get("dataset"),
        "protocol": run.result.get("protocol"),
        "test_set": run.result.get("test_set"),
        "num_queries": run.result.get("num_queries"),
        "num_queries_left_out": run.result.get("num_queries_left_out"),
        "left_out_because": run.result.get("left_out_because"),
        "test": run.test,
        "intervals": run.intervals,
        "seconds": run.seconds,
        "total_seconds": run.total_seconds,
        "versions": run.versions,
        "log": run.log,
    }


def _group(group):
    return {
        "name": group.name,
        "runs": [run.name for run in group.runs],
        "seeds": group.seeds,
        "mean": group.mean(),
        "std": group.deviation(),
    }


def _comparison(comparison):
    return {
        "name": comparison.name,
        "baseline": comparison.baseline,
        "runs": comparison.runs,
        "over": comparison.over,
        "num_units": comparison.num_units,
        "state": state_of(comparison),
        "problem": comparison.problem,
        "same_test_images_checked": comparison.is_checked,
        "metrics": {
            name: {
                **found._asdict(),
                "p_value_corrected": comparison.corrected[name],
            }
            for name, found in comparison.differences.items()
        },
        "classes": comparison.classes,
    }


def _row(run, group, settings):
    row = {
        "run": printable(run.name),
        "path": printable(run.path),
        "group": printable(group),
        "finished": run.is_finished,
        "dataset": run.result.get("dataset", ""),
        "protocol": run.result.get("protocol", ""),
        "test_set": run.result.get("test_set", ""),
        "num_queries": run.result.get("num_queries", ""),
        "num_queries_left_out": run.result.get("num_queries_left_out", ""),
        "num_epochs": len(run.log),
        "selected_epoch": run.result.get("selected_epoch", ""),
    }
    row.update({k: (run.settings or {}).get(k, "") for k in settings})
    for name, value in run.test.items():
        row[f"test_{name}"] = value
        if name in run.intervals:
            row[f"test_{name}_low"], row[f"test_{name}_high"] = run.intervals[
                name
            ]
    row.update({f"seconds_{k}": v for k, v in run.seconds.items()})
    row["seconds_total"] = run.total_seconds
    return row


def _difference(comparison):
    """The columns of what a run was compared with, and its differences."""
    if comparison is None:
        return {}
    row = {
        "baseline": printable(comparison.baseline),
        "compared_over": comparison.over,
        "num_compared_over": comparison.num_units,
        "verdict": state_of(comparison) or comparison.problem,
    }
    for name, found in comparison.differences.items():
        row[f"difference_{name}"] = found.mean
        row[f"difference_{name}_low"] = found.low
        row[f"difference_{name}_high"] = found.high
        row[f"difference_{name}_p"] = comparison.corrected[name]
    return row
