"""A comparison as files for other programs."""

from __future__ import annotations

from dnc_keras.comparison.differences import differing_settings
from dnc_keras.comparison.differences import find_warnings
from dnc_keras.comparison.groups import refused_means
from dnc_keras.support.printable import printable
from dnc_keras.support.whole_files import write_csv
from dnc_keras.support.whole_files import write_json


def write_comparison_json(path, runs, groups):
    """Writes runs, groups, what differs and the warnings.

    Numbers that are none, such as the loss of a broken run, are null.

    Args:
        path: the file.
        runs: a list of `Run`.
        groups: a list of `Group`.
    """
    content = {
        "settings": differing_settings(runs),
        "warnings": [*find_warnings(runs), *refused_means(groups)],
        "runs": [_run(run) for run in runs],
        "groups": [_group(group, groups[0]) for group in groups],
    }
    write_json(path, content)


def write_comparison_csv(path, runs, groups):
    """Writes a table with one row a run.

    Args:
        path: the file.
        runs: a list of `Run`.
        groups: a list of `Group`.
    """
    group_of = {run: group.name for group in groups for run in group.runs}
    settings = differing_settings(runs)
    rows = [_row(run, group_of.get(run, ""), settings) for run in runs]
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


def _group(group, control):
    found = None if group is control else group.difference(control)
    seeds, differences = found or ([], {})
    return {
        "name": group.name,
        "runs": [run.name for run in group.runs],
        "seeds": group.seeds,
        "mean": group.mean(),
        "std": group.deviation(),
        "difference": {
            "control": control.name,
            "seeds": seeds,
            "metrics": {k: v._asdict() for k, v in differences.items()},
        }
        if found
        else None,
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
