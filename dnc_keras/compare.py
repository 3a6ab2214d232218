"""Compares trainings: settings that differ, test metrics, epochs and time.

Example: python -m dnc_keras.compare runs/digits runs/digits-2
         python -m dnc_keras.compare runs/* --png=runs.png --csv=runs.csv

Each argument is the folder of a run. Runs that differ in nothing but their
seed are one group, with its mean and standard deviation. Groups that share
seeds are compared with that of the baseline, seed by seed; other runs query by
query, with intervals over test classes. The verdict says in words which are
above the baseline, and which cannot be told apart.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
import textwrap

from absl import flags

from dnc_keras import _cli
from dnc_keras import comparison
from dnc_keras._outputs import say
from dnc_keras.comparison import files
from dnc_keras.comparison import tables
from dnc_keras.metrics.query_matches import told_left_out
from dnc_keras.support.extras import import_extra
from dnc_keras.support.paths import expanded
from dnc_keras.support.printable import printable

_cli.define_path(
    "baseline",
    "run that the others are compared with; '' is the first argument",
)
_cli.define_path(
    "png",
    "picture to write: validation R@1 by epoch, test R@1, and differences",
)
_cli.define_path("csv", "table to write, with one row a run")
_cli.define_path(
    "classes_csv", "table to write, with the differences in each test class"
)
_cli.define_path("json", "file to write all of it to, with every epoch")


def main(paths):
    values = flags.FLAGS
    _cli.check_output_files("png", "csv", "classes_csv", "json")
    drawing = _import_drawing() if values.png else None
    runs = _read(paths, values.baseline)
    groups = comparison.group_runs(runs)
    comparisons = _compare(runs, groups, values.baseline)
    _print_tables(runs, groups, comparisons)
    for line in (
        *comparison.find_warnings(runs),
        *comparison.refused_means(groups),
    ):
        say(f"warning: {line}", file=sys.stderr)
    if values.csv:
        files.write_comparison_csv(values.csv, runs, groups, comparisons)
    if values.classes_csv:
        files.write_classes_csv(values.classes_csv, comparisons)
    if values.json:
        files.write_comparison_json(values.json, runs, groups, comparisons)
    if drawing:
        drawing.draw_comparison(values.png, runs, groups, comparisons)


def _import_drawing():
    import_extra("matplotlib", "report", "--png needs matplotlib")
    from dnc_keras.comparison import drawing

    return drawing


def _read(paths, baseline):
    """The runs among the folders, two at least, the baseline first."""
    if baseline:
        comparison.read_run(baseline)  # It must not be left out.
    # A folder that is given twice is one run.
    paths = [expanded(path) for path in filter(None, [baseline, *paths])]
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


def _compare(runs, groups, baseline):
    """The comparisons with the baseline, or the first run with a result."""
    finished = [run for run in runs if run.is_finished]
    if not finished:
        return []
    if baseline and not runs[0].is_finished:
        raise ValueError(
            "--baseline must be a run with test metrics. Received: "
            f"{baseline}, {_state(runs[0])}. Use another run, or finish it."
        )
    return comparison.compare_with(finished[0], runs, groups)


def _print_tables(runs, groups, comparisons):
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
    for title, part in tables.by_baseline(comparisons).items():
        _print_table(title, tables.differences_table(part), num_keys=2)
    if len(comparisons) == 1 and comparisons[0].classes:
        _print_table(
            f"Classes that change most from {comparisons[0].baseline} to "
            f"{comparisons[0].name}",
            tables.classes_table(comparisons[0]),
        )
    _print_verdict(comparisons)
    for run in runs:
        _print_state(run)


def _print_verdict(comparisons):
    if not comparisons:
        return
    say("Verdict")
    say("")
    width = shutil.get_terminal_size().columns
    for sentence in comparison.verdict_of(comparisons):
        # Names may be longer than a line, and hold what moves the cursor.
        for line in textwrap.wrap(
            printable(sentence),
            width,
            break_long_words=False,
            break_on_hyphens=False,
        ):
            say(line)
    say("")


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
        say(f"{_state(run)}: {run.name}: {tables.last_line(run)}")


def _state(run):
    return "no test images" if run.result else "unfinished"


if __name__ == "__main__":
    _cli.run(main, takes_arguments=True, prints_answer=True)
