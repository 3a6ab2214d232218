"""Which recipe for your images? Trains variants of a plan, and compares them.

Example: python -m dnc_keras.experiment --plan=recipes --dataset=folder \\
             --data_dir=DIR --work_dir=runs/recipes --best=mine.cfg
         python -m dnc_keras.train --flagfile=mine.cfg

A plan is a file, or a name: recipes, divisions, omniglot, cars196. All flags of
dnc_keras.train are flags of all variants. Each variant is trained with each
seed; what is finished is not trained again, and what was stopped goes on.
"""

from __future__ import annotations

import contextlib
import os
import sys

from absl import flags

from dnc_keras import _cli
from dnc_keras import comparison
from dnc_keras._outputs import say
from dnc_keras.config import TrainConfig
from dnc_keras.config.settings import DEFAULTS
from dnc_keras.experiments import pages
from dnc_keras.experiments import plans
from dnc_keras.experiments import running
from dnc_keras.experiments.best import check_best_file
from dnc_keras.experiments.best import write_best
from dnc_keras.experiments.epoch_bar import EpochBar
from dnc_keras.experiments.verdict import winner_of
from dnc_keras.support.checks import check_count
from dnc_keras.support.extras import import_extra
from dnc_keras.support.paths import expanded_path
from dnc_keras.support.whole_files import write_text

_SETTINGS = [name for name in DEFAULTS if name not in plans.SET_BY_PROGRAM]
_EXIT_FAILED = 1


def _check_seeds(name, value):
    words = value.split(",")
    if not all(map(str.isdecimal, words)) or len(set(words)) < len(words):
        raise ValueError(
            f"{name} must be different integers of 0 or more, separated by "
            f"commas. Received: {value!r}. Use --{name}=0,1,2."
        )


_cli.define_path(
    "plan", "file of variants, or recipes | divisions | omniglot | cars196"
)
_cli.define_flag(
    "variants", "", "some variants of the plan, separated by commas; '': all"
)
_cli.define_flag(
    "seeds", "0,1,2", "each variant is trained with each", rule=_check_seeds
)
_cli.define_path("work_dir", "folder of all runs and of the result")
_cli.define_flag(
    "jobs", 2, "runs at a time, which share the cores", rule=check_count
)
_cli.define_path(
    "best", "flagfile to write: the best variant on validation classes"
)
_cli.define_flags(TrainConfig, _SETTINGS)


def main():
    values = flags.FLAGS
    _check(values)
    plan, configs = _read_plan(values)
    folder = expanded_path(values.work_dir)
    seeds = list(map(int, values.seeds.split(",")))
    jobs = running.jobs_of(configs, seeds, folder)
    for job in jobs:
        job.check()
    folder.mkdir(parents=True, exist_ok=True)
    failed = _train(jobs, values.jobs)
    groups = _read(jobs)
    _write(folder, plan.name, groups, failed)
    if values.best:
        _write_best(values.best, plan, groups, configs)
    if failed:
        sys.exit(_EXIT_FAILED)


def _check(values):
    if not values.work_dir:
        raise ValueError(
            "An experiment needs a folder of its own. Received: no --work_dir. "
            "Use --work_dir=runs/recipes, say."
        )
    _cli.check_output_folders("work_dir", "feature_cache")
    _cli.check_output_files("best")
    if values.best:
        check_best_file(values.best)


def _read_plan(values):
    """(plan, the settings of each variant)."""
    path = plans.find_plan(values.plan, _cli.recipes() / "plans")
    names = [name for name in values.variants.split(",") if name]
    plan = plans.chosen(plans.read_plan(path), names)
    given = {n: values[n].value for n in _SETTINGS if values[n].present}
    return plan, plans.configs_of(plan, given)


def _train(jobs, num_at_a_time):
    """Trains what has no result; returns the runs that failed, and why.

    When the first one fails, a control, no more are begun: what ended it, such
    as a wrong --data_dir, would end them, too.
    """
    missing = [job for job in jobs if not job.is_finished]
    cores = max(1, os.cpu_count() // num_at_a_time)
    # Those of the user's own have the last word.
    environment = {"TF_NUM_INTRAOP_THREADS": str(cores), **os.environ}
    failed = {}
    say(f"{len(missing)} of {len(jobs)} runs to train")
    with (
        EpochBar(jobs, missing) as bar,
        contextlib.closing(
            running.train(missing, num_at_a_time, environment, bar.look)
        ) as ended,
    ):
        for job, code in ended:
            bar.end(job)
            if job.is_finished:
                continue
            failed[job.name] = job.why_ended(code)
            why = failed[job.name]
            say(f"failed: {job.name}: {why} ({job.log})", sys.stderr)
            if job is jobs[0]:
                say("stopped, as it is the control", sys.stderr)
                break
    return failed


def _read(jobs):
    """A group of finished runs for each variant, the control first."""
    runs = {job.variant: [] for job in jobs}
    for job in jobs:
        if job.is_finished:
            run = comparison.read_run(job.config.run_dir)
            runs[job.variant].append(run)
    return [comparison.Group(name, found) for name, found in runs.items()]


def _write(folder, name, groups, failed):
    runs = [run for group in groups for run in group.runs]
    for line in comparison.find_warnings(runs):
        say(f"warning: {line}", file=sys.stderr)
    text = pages.markdown(groups)
    write_text(folder / "experiment.md", text)
    pages.write_tables(folder, name, groups, failed)
    for line in text.splitlines():
        say(line)
    if runs:
        _draw(folder / "experiment.png", groups)


def _draw(path, groups):
    try:
        import_extra("matplotlib", "report", "The picture needs matplotlib")
    except ValueError as error:
        say(f"no picture: {error}", file=sys.stderr)
        return
    from dnc_keras.comparison import drawing

    drawing.draw_curves(path, groups)


def _write_best(path, plan, groups, configs):
    winner = winner_of(groups)
    if winner is None:
        say("no --best: no seed has a result of all variants", sys.stderr)
        return
    config = configs[winner.group.name]
    write_best(path, plan.name, winner, groups[0], config)
    say(f"Next: python -m dnc_keras.train --flagfile={path}")


if __name__ == "__main__":
    _cli.run(main)
