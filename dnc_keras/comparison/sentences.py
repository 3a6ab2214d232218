"""What comparisons say, in words."""

from __future__ import annotations

from dnc_keras.comparison.verdicts import CLASSES
from dnc_keras.comparison.verdicts import SEEDS
from dnc_keras.metrics.names import short_name

METRIC = "recall_at_1"
LEVEL = 0.05
UNCLEAR = "not told apart"
_UNITS = {CLASSES: "test classes", SEEDS: "seeds"}


def verdict_of(comparisons) -> list[str]:
    """A sentence for each comparison, and what to know about all of them.

    One is above or below the other where the 95% interval does not include 0
    and the p-value, corrected for the number of comparisons, is below 0.05.

    Args:
        comparisons: a list of `Comparison`.

    Returns:
        A list of str.
    """
    return [*map(_sentence, comparisons), *_notes(comparisons)]


def metric_of(comparison) -> str:
    """The metric that decides: R@1, or else the first one."""
    names = comparison.differences
    return METRIC if METRIC in names else next(iter(names))


def state_of(comparison) -> str:
    """Whether one is above the other or below it.

    Returns:
        "above", "below" or "not told apart"; "" where nothing is compared.
    """
    if not comparison.differences:
        return ""
    name = metric_of(comparison)
    found = comparison.differences[name]
    if comparison.corrected[name] >= LEVEL or found.low <= 0 <= found.high:
        return UNCLEAR
    return "above" if found.mean > 0 else "below"


def _is_disputed(comparison):
    found = comparison.differences[metric_of(comparison)]
    is_within = found.low <= 0 <= found.high
    return state_of(comparison) == UNCLEAR and not is_within


def _sentence(comparison):
    name, baseline = comparison.name, comparison.baseline
    state = state_of(comparison)
    if not state:
        return f"{name} is not compared with {baseline}: {comparison.problem}."
    metric = metric_of(comparison)
    found, title = comparison.differences[metric], short_name(metric)
    if state == UNCLEAR:
        return (
            f"{name} and {baseline} cannot be told apart in {title}: "
            f"{100 * found.mean:+.1f} points ({_ends(comparison, found, 1)})."
        )
    sign = 1 if state == "above" else -1
    return (
        f"{name} is {state} {baseline} in {title} by "
        f"{100 * sign * found.mean:.1f} points "
        f"({_ends(comparison, found, sign)})."
    )


def _ends(comparison, found, sign):
    low, high = sorted(100 * sign * end for end in (found.low, found.high))
    name = metric_of(comparison)
    p_value = comparison.corrected[name]
    told = "< 0.001" if p_value < 0.001 else f"= {p_value:.2g}"
    return (
        f"95%: {low:.1f} to {high:.1f} over {comparison.num_units} "
        f"{_UNITS[comparison.over]}; p {told}"
    )


def _notes(comparisons):
    compared = [one for one in comparisons if one.differences]
    by_classes = [one for one in compared if one.over == CLASSES]
    notes = []
    if len(compared) > 1:
        notes.append(
            f"p is corrected for {len(compared)} comparisons (Holm); the "
            "intervals are not."
        )
    if any(map(_is_disputed, by_classes)):
        notes.append(
            "Where an interval excludes 0 and p is 0.05 or more, p decides: it "
            "stays right with few classes."
        )
    if by_classes:
        notes.append(
            "A difference over test classes is that of these two trainings: "
            "other seeds move it, too. To compare settings, train each with "
            "several seeds."
        )
    unchecked = [one.name for one in by_classes if not one.is_checked]
    if unchecked:
        notes.append(
            "That the test images are the same is known by their number and "
            f"classes alone for {', '.join(unchecked)}: their files say "
            "no more."
        )
    return notes
