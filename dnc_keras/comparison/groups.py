"""Runs that differ in nothing but their seed."""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
from typing import Optional

from dnc_keras.comparison.differences import same_test
from dnc_keras.metrics import paired_difference
from dnc_keras.runs.directory import FREE_SETTINGS

_SEEDS = ("seed", "split_seed")


@dataclasses.dataclass(frozen=True, eq=False)
class Group:
    """Runs of the same settings, each with a seed of its own.

    Args:
        name: what their names have in common.
        runs: a list of `Run`, finished or not.
    """

    name: str
    runs: list

    @property
    def finished(self) -> list:
        """Those with test metrics."""
        return [run for run in self.runs if run.is_finished]

    @property
    def seeds(self) -> list:
        """The seed of each finished run."""
        return [run.seed for run in self.finished]

    def mean(self, part="test") -> dict:
        """The mean of each metric that all finished runs have.

        Empty where their test images differ, which makes no mean.

        Args:
            part: "test", of the epoch that was selected, or "last".
        """
        return {k: statistics.mean(v) for k, v in self._values(part).items()}

    def deviation(self, part="test") -> dict:
        """The standard deviation of each metric; empty where `mean` is, and
        for one run."""
        if len(self.finished) < 2:
            return {}
        return {k: statistics.stdev(v) for k, v in self._values(part).items()}

    def difference(
        self, control: Group, part="test"
    ) -> Optional[tuple[list, dict]]:
        """The paired difference to another group, over the seeds of both.

        Args:
            control: the other group.
            part: as for `mean`.

        Returns:
            (seeds, differences): what both have, and a `Difference` for each
            metric. None where no pairs can be made: for want of a common seed,
            where a seed was run twice, and where the test data differ.
        """
        own, others = self._by_seed(), control._by_seed()
        seeds = [seed for seed in others if seed in own]
        pairs = [(own[seed], others[seed]) for seed in seeds]
        if not pairs or not all(map(same_test, pairs)):
            return None
        ours, theirs = (
            [getattr(run, part) for run in runs] for runs in zip(*pairs)
        )
        return seeds, {
            name: paired_difference(
                [found[name] for found in ours],
                [found[name] for found in theirs],
            )
            for name in _common([*ours, *theirs])
        }

    def _by_seed(self):
        runs = {run.seed: run for run in self.finished}
        return runs if len(runs) == len(self.finished) else {}

    def _values(self, part):
        """The values of each metric that all finished runs have."""
        if not same_test(self.finished):
            return {}
        found = [getattr(run, part) for run in self.finished]
        return {name: [x[name] for x in found] for name in _common(found)}


def _common(metrics):
    """The names that all of some dicts have."""
    first = metrics[0] if metrics else ()
    return [name for name in first if all(name in x for x in metrics)]


def group_runs(runs) -> list[Group]:
    """Puts runs together that differ in nothing but their seeds.

    Settings that change nothing of what a run finds, such as `run_dir`, may
    differ, too. Runs of other test classes, drawn with another `split_seed`,
    make pairs with those of another group, but have no mean.

    Args:
        runs: a list of `Run`; those without settings are left out.

    Returns:
        A list of `Group`, in the order of their first runs.
    """
    grouped = {}
    for run in runs:
        if run.settings:
            grouped.setdefault(_key(run.settings), []).append(run)
    names = [_common_name(members) for members in grouped.values()]
    return [
        Group(name if names.count(name) == 1 else _listed(members), members)
        for name, members in zip(names, grouped.values())
    ]


def refused_means(groups) -> list[str]:
    """A line for each group whose runs have different test images."""
    return [
        f"not averaged: {group.name}: its runs were measured on different test "
        "images. Train with one --split_seed, the same for all seeds."
        for group in groups
        if not same_test(group.finished)
    ]


def _key(settings):
    kept = {
        name: value
        for name, value in settings.items()
        # A fit has the seeds of its parts, such as `sampler.seed`.
        if name not in FREE_SETTINGS and name.split(".")[-1] not in _SEEDS
    }
    return json.dumps(kept, sort_keys=True)


def _common_name(runs):
    if len(runs) == 1:
        return runs[0].name
    names = [run.name for run in runs]
    common = os.path.commonprefix(names)
    if any(name[len(common) :][:1].isdigit() for name in names):
        common = common.rstrip("0123456789")  # Of 10 and 11, not 1.
    return common.rstrip("-_./= ") or _listed(runs)


def _listed(runs):
    more = f" +{len(runs) - 1}" if len(runs) > 1 else ""
    return runs[0].name + more
