"""Compares trainings: settings that differ, test metrics, epochs and time.

Example: python -m dnc_keras.compare runs/digits runs/digits-2
         python -m dnc_keras.compare runs/* --png=runs.png --csv=runs.csv

Each argument is the folder of a run. Runs that differ in nothing but their
seed are one group, with its mean and standard deviation; groups that share
seeds are compared with the first one, seed by seed.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys

from absl import flags

from dnc_keras import _cli
from dnc_keras import comparison
from dnc_keras._outputs import say
from dnc_keras.comparison import files
from dnc_keras.comparison import tables
from dnc_keras.metrics.query_matches import told_left_out
from dnc_keras.support.extras import import_extra
from dnc_keras.support.paths import expanded

_cli.define_path(
    "png", "picture to write: validation R@1 by epoch, and test R@1"
)
_cli.define_path("csv", "table to write, with one row a run")
_cli.define_path("json", "file to write all of it to, with every epoch")


def main(paths):
    values = flags.FLAGS
    _cli.check_output_files("png", "csv", "json")
    drawing = _import_drawing() if values.png else None
    runs = _read(paths)
    groups = comparison.group_runs(runs)
    _print_tables(runs, groups)
    for line in (
        *comparison.find_warnings(runs),
        *comparison.refused_means(groups),
    ):
        say(f"warning: {line}", file=sys.stderr)
    if values.csv:
        files.write_comparison_csv(values.csv, runs, groups)
    if values.json:
        files.write_comparison_json(values.json, runs, groups)
    if drawing:
        drawing.draw_comparison(values.png, runs, groups)


def _import_drawing():
    import_extra("matplotlib", "report", "--png needs matplotlib")
    from dnc_keras.comparison import drawing

    return drawing


def _read(paths):
    """The runs among the folders, two at least."""
    # A folder that is given twice is one run.
    paths = [expanded(path) for path in paths]
    paths = list({os.path.realpath(path): path for path in paths}.values())
    runs = []
    for path in paths:
        try:
            runs.append(comparison.read_run(path))
        except ValueError as error:
            say(f"left out: {error}", file=sys.stderr)
    if len(runs) < 2:
        raise ValueError(
            "A comparison needs the folders of two runs or more. Received: "
            f"{len(runs)} among {len(paths)} folders. See --help."
        )
    names = comparison.short_names([run.path for run in runs])
    return [
        dataclasses.replace(run, name=name) for run, name in zip(runs, names)
    ]


def _print_tables(runs, groups):
    _print_table("Settings that differ", tables.settings_table(runs))
    below = any(run.intervals for run in runs)
    _print_table(
        "Test classes" + ", and 95% intervals" * below,
        tables.metrics_table(runs),
    )
    _print_table("Epochs and seconds", tables.training_table(runs))
    measured = [group for group in groups if group.finished]
    if any(len(group.finished) > 1 for group in measured):
        _print_table(
            "Groups of seeds: mean and standard deviation",
            tables.groups_table(measured),
            num_keys=2,
        )
        _print_table(
            f"Paired difference to {measured[0].name}, with Student's 95% "
            "interval",
            tables.differences_table(measured),
            num_keys=2,
        )
    for run in runs:
        _print_state(run)


def _print_table(title, table, num_keys=1):
    header, rows = table
    if not rows:
        return
    say(title)
    say("")
    width = shutil.get_terminal_size().columns
    for line in tables.format_table(header, rows, width, num_keys):
        say(line)
    say("")


def _print_state(run):
    for problem in run.problems:
        say(f"{run.name}: {problem}", file=sys.stderr)
    left_out = told_left_out(run.result)
    if left_out:
        say(f"{run.name} leaves out {left_out}")
    if not run.is_finished:
        state = "no test images" if run.result else "unfinished"
        say(f"{state}: {run.name}: {tables.last_line(run)}")


if __name__ == "__main__":
    _cli.run(main, takes_arguments=True)
