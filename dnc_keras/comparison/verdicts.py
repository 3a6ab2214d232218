"""Which runs are better than a baseline: paired differences."""

from __future__ import annotations

import dataclasses
import functools
from typing import NamedTuple

import numpy as np

from dnc_keras.comparison.classes import class_differences
from dnc_keras.comparison.differences import measured_differences
from dnc_keras.comparison.differences import same_test
from dnc_keras.comparison.groups import Group
from dnc_keras.comparison.query_values import query_values
from dnc_keras.metrics import holm
from dnc_keras.metrics import query_differences
from dnc_keras.metrics.paired import student_p_value

CLASSES = "classes"
SEEDS = "seeds"


class SeedDifference(NamedTuple):
    """The mean of a metric's paired differences over seeds.

    Attributes:
        mean: of the differences.
        low, high: ends of Student's 95% interval.
        p_value: of Student's test.
    """

    mean: float
    low: float
    high: float
    p_value: float


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
    """A run, or a group of seeds, and what it is compared with.

    Args:
        name: of the run or the group.
        baseline: the name of the other.
        runs: the names of the runs that were compared.
        over: "classes": over test classes, of two runs; "seeds".
        num_units: number of test classes, or of seeds.
        differences: a dict with a `QueryDifference` or a `SeedDifference` for
            each metric; empty where they cannot be compared.
        corrected: the p-value of each metric, corrected for all comparisons.
        problem: why they cannot be compared, in words, or "".
        classes: of two runs, their `class_differences`.
        is_checked: whether both runs say which test images they were
            measured on, which earlier versions did not.
    """

    name: str
    baseline: str
    runs: list
    over: str
    num_units: int = 0
    differences: dict = dataclasses.field(default_factory=dict)
    corrected: dict = dataclasses.field(default_factory=dict)
    problem: str = ""
    classes: list = dataclasses.field(default_factory=list)
    is_checked: bool = True


def compare_with(baseline, runs, groups) -> list[Comparison]:
    """Compares runs, or groups of seeds, with one of them.

    A group that has two seeds or more in common with the group of the baseline
    is compared with that, seed by seed. Each run of the others is compared
    query by query: with the run of its own seed in the baseline's group, or
    else with the baseline. Where there is no other group, the runs of the
    baseline's own group are.

    Args:
        baseline: one of the runs.
        runs: a list of `Run`; the unfinished are left out.
        groups: the list of `Group` that they make.

    Returns:
        A list of `Comparison`, in the order of the runs.
    """
    finished = [run for run in runs if run.is_finished]
    group_of = {run: group for group in groups for run in group.runs}
    control = group_of.get(baseline, Group(baseline.name, [baseline]))
    are_all_of_it = all(run in control.runs for run in finished)
    values_of = functools.lru_cache(maxsize=None)(query_values)
    found = {}
    for run in finished:
        group = group_of.get(run, Group(run.name, [run]))
        if run is baseline or (group is control and not are_all_of_it):
            continue
        by_seeds = None if group is control else _by_seeds(group, control)
        if by_seeds:
            found[group] = by_seeds
        else:
            partner = _partner(run, group, control, baseline)
            found[run] = _by_classes(run, partner, values_of)
    return _corrected(found.values())


def _partner(run, group, control, baseline):
    """What a run is compared with: the one of its seed, or the baseline."""
    if group is not control:
        for other in control.finished:
            if other.seed == run.seed and same_test([run, other]):
                return other
    return baseline


def _by_seeds(group, control):
    """A `Comparison` of two groups, or None without two common seeds."""
    seeds, differences = group.difference(control) or ((), {})
    if len(seeds) < 2:
        return None
    return Comparison(
        group.name,
        control.name,
        [run.name for run in group.finished if run.seed in seeds],
        SEEDS,
        len(seeds),
        {
            name: SeedDifference(*each, student_p_value(each, len(seeds)))
            for name, each in differences.items()
            if not name.endswith("_std")
        },
    )


def _by_classes(run, baseline, values_of):
    """A `Comparison` of two runs."""
    pair = Comparison(run.name, baseline.name, [run.name], CLASSES)
    reasons = [
        f"the {what} differ: {told}"
        for what, told in measured_differences([run, baseline])
    ]
    if reasons:
        return dataclasses.replace(pair, problem=reasons[0])
    try:
        ours, theirs = values_of(run), values_of(baseline)
        check_same_queries(ours, theirs)
        differences = query_differences(ours.values, theirs.values, ours.labels)
    except ValueError as error:
        return dataclasses.replace(pair, problem=str(error).rstrip("."))
    return dataclasses.replace(
        pair,
        num_units=len(np.unique(ours.labels)),
        differences=differences,
        classes=class_differences(ours, theirs),
        is_checked=bool(ours.order and theirs.order),
    )


def check_same_queries(ours, theirs):
    """Raises ValueError unless two `QueryValues` are of the same queries."""
    if not np.array_equal(ours.labels, theirs.labels):
        raise ValueError("their queries are of other classes")
    if ours.order and theirs.order and ours.order != theirs.order:
        raise ValueError("their queries are others, or in another order")


def _corrected(comparisons):
    """Each `Comparison`, with the p-values that count for all of them."""
    corrected = {one: {} for one in comparisons}
    for name in {name: 0 for one in corrected for name in one.differences}:
        having = [one for one in corrected if name in one.differences]
        p_values = holm([one.differences[name].p_value for one in having])
        for one, p_value in zip(having, p_values):
            corrected[one][name] = p_value
    return [
        dataclasses.replace(one, corrected=p_values)
        for one, p_values in corrected.items()
    ]
