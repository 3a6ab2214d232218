"""What an experiment says: in words, from paired intervals alone."""

from __future__ import annotations

import math
import statistics
from typing import NamedTuple
from typing import Optional

from dnc_keras.comparison import Group
from dnc_keras.comparison import refused_means
from dnc_keras.metrics import paired_difference
from dnc_keras.metrics.monitor import Monitor
from dnc_keras.metrics.names import PREFIX
from dnc_keras.metrics.names import short_name
from dnc_keras.metrics.paired import Difference

METRIC = "recall_at_1"
_NAME = short_name(METRIC)


class Winner(NamedTuple):
    """The variant that is best on validation classes.

    Attributes:
        group: its runs.
        value: the mean of the metric that chose the epochs, on validation
            classes, at each run's best epoch.
        difference: to the control, of the same values; of the control 0.
        seeds: those that all variants have, as str.
        num_equal: variants that are as good there, itself among them.
        metric: what people call that metric.
    """

    group: Group
    value: float
    difference: Difference
    seeds: list
    num_equal: int
    metric: str = _NAME


def monitor_of(groups) -> Monitor:
    """What chose the epochs, for all runs the same, and chooses the variant."""
    settings = [r.settings for g in groups for r in g.runs if r.settings]
    return Monitor(PREFIX + settings[0]["monitor"]) if settings else Monitor()


def validation(run, monitor: Monitor) -> float:
    """A metric on validation classes at the epoch that a run has chosen.

    Args:
        run: a `Run` with a result.
        monitor: of the metric.

    Raises:
        ValueError: where its log has lost that.
    """
    curve, epoch = run.curve(monitor.name), run.result.get("selected_epoch")
    if epoch not in curve:
        raise ValueError(
            f"The log of a run must have {monitor.name} of the selected epoch. "
            f"Received: none of epoch {epoch} in {run.path}. Remove that "
            "folder, and it is trained again."
        )
    return curve[epoch]


def winner_of(groups) -> Optional[Winner]:
    """The best variant on validation classes; test classes have no say.

    Args:
        groups: a list of `comparison.Group`, the control first. Those without
            a finished run are left out.

    Returns:
        A `Winner`; of equal ones that with the better MAP@R, then the first.
        None where the control or a seed that all have is missing.
    """
    measured = [group for group in groups if group.finished]
    if not groups[0].finished:
        return None
    seeds = [
        seed
        for seed in groups[0].seeds
        if all(seed in group.seeds for group in measured)
    ]
    if not seeds:
        return None
    monitor = monitor_of(measured)
    values = [_validation_by_seed(group, seeds, monitor) for group in measured]
    means = [statistics.mean(each) for each in values]
    ties = [_mean_of_tie_breaker(group, seeds, monitor) for group in measured]
    ranks = [
        monitor.rank({monitor.tie_breaker: tie, monitor.name: mean})
        for tie, mean in zip(ties, means)
    ]
    best = ranks.index(max(ranks))
    return Winner(
        measured[best],
        means[best],
        paired_difference(values[best], values[0]),
        seeds,
        ranks.count(max(ranks)),
        short_name(monitor.name),
    )


def verdict_of(groups) -> list[str]:
    """Sentences about test classes: which variants are better, and by what.

    Args:
        groups: a list of `comparison.Group`, the control first.

    Returns:
        A list of str.
    """
    control, *others = groups
    if not control.finished:
        return ["The control has no result: nothing can be compared."]
    lines = [
        *refused_means(groups),
        *(
            f"{each.name} has no result."
            for each in others
            if not each.finished
        ),
    ]
    found = {
        group.name: group.difference(control)
        for group in others
        if group.finished
    }
    lines += [
        f"{name} has no seed in common with the control, or other test data."
        for name, pairs in found.items()
        if not pairs
    ]
    found = {name: pairs for name, pairs in found.items() if pairs}
    single = [name for name, (seeds, _) in found.items() if len(seeds) == 1]
    if single and len(single) == len(found):
        return [
            *lines,
            "One seed tells no difference from chance: use 3 or more.",
        ]
    differences = {
        name: metrics[METRIC]
        for name, (_, metrics) in found.items()
        if METRIC in metrics
    }
    return [*lines, *_told(differences, single)]


def winner_told(winner: Winner, control) -> str:
    """Sentences about the best variant on validation classes, in one line."""
    is_control = winner.group is control
    change = "" if is_control else f", {_change(winner.difference)}"
    value = f"{winner.metric} {100 * winner.value:.1f}{change}"
    told = [
        "Chosen on validation classes only, never on test classes: "
        f"{winner.group.name} ({value})."
    ]
    if not is_control and winner.difference.low <= 0:
        told.append("These seeds do not tell it from the control there.")
    if winner.num_equal > 1:
        told.append(
            f"{winner.num_equal} variants are equal there, and the first is "
            "taken: hold out more classes by --validation_fraction."
        )
    return " ".join(told)


def _validation_by_seed(group, seeds, monitor):
    values = {run.seed: validation(run, monitor) for run in group.finished}
    return [values[seed] for seed in seeds]


def _mean_of_tie_breaker(group, seeds, monitor):
    """None where a log lacks it."""
    tie_breaker = Monitor(monitor.tie_breaker)
    try:
        return statistics.mean(_validation_by_seed(group, seeds, tie_breaker))
    except ValueError:
        return None


def _told(differences, single):
    better = {n: d for n, d in differences.items() if d.low > 0}
    worse = {n: d for n, d in differences.items() if d.high < 0}
    lines = [_sentence(name, "better", d) for name, d in better.items()]
    if differences and not better:
        lines = [
            "No variant is better than the control (all intervals of "
            f"{_NAME} include 0 or lie below)."
        ]
    lines += [_sentence(name, "worse", d) for name, d in worse.items()]
    lines += [f"{name} has one seed: no difference is told." for name in single]
    if better and len(differences) > 1:
        lines.append(
            f"{len(differences)} variants were compared: of 40 that are as "
            "good as the control one is called better by chance."
        )
    return lines


def _sentence(name, word, difference):
    sign = 1 if word == "better" else -1
    mean, *ends = (sign * 100 * value for value in difference)
    low, high = sorted(ends)
    return (
        f"{name} is {word} than the control by {mean:.1f} points of "
        f"{_NAME} ({low:.1f} to {high:.1f})."
    )


def _change(difference):
    mean, low, high = (100 * value for value in difference)
    interval = "" if math.isinf(low) else f", {low:+.1f} to {high:+.1f}"
    return f"{mean:+.1f} to the control{interval}"
