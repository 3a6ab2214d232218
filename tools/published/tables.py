"""One table of several data sets: what each variant changes."""

from __future__ import annotations

import math

from markdown_tables import table

from dnc_keras.metrics.names import short_name

METRICS = ("recall_at_1", "map_at_r")
PARTS = {
    "test": "Best against best, each run at its best epoch for validation:",
    "last": "After equal steps, each run at its last epoch:",
}


def changes_table(experiments: dict, part: str) -> str:
    """Differences to the control, with half of their 95% intervals.

    Args:
        experiments: a list of `comparison.Group` for each data set, the
            control first.
        part: a key of `PARTS`.

    Returns:
        A Markdown table: a row for each variant, of the control its metrics;
        changes whose interval does not hold 0 are bold.
    """
    header = ["", "seeds"] + [
        f"{name} {short_name(metric)}"
        for name in experiments
        for metric in METRICS
    ]
    variants = dict.fromkeys(
        group.name for groups in experiments.values() for group in groups
    )
    return table(header, [_row(v, experiments, part) for v in variants])


def _row(variant, experiments, part):
    cells, seeds = [], set()
    for control, *others in experiments.values():
        group = next((g for g in [control, *others] if g.name == variant), None)
        if group is None or not group.finished:
            cells += ["", ""]
            continue
        seeds.add(len(group.seeds))
        if group is control:
            cells += [_value(group, m, part) for m in METRICS]
        else:
            _, changes = group.difference(control, part)
            cells += [_change(changes.get(m)) for m in METRICS]
    return [f"`{variant}`", "-".join(map(str, sorted(seeds))), *cells]


def _value(group, metric, part):
    mean = group.mean(part).get(metric)
    return "" if mean is None else f"{100 * mean:.1f}"


def _change(difference):
    if difference is None:
        return ""
    mean, low, high = (100 * x for x in difference)
    if math.isinf(high):
        return f"{mean:+.1f}"
    text = f"{mean:+.1f} ± {high - mean:.1f}"
    return f"**{text}**" if low > 0 or high < 0 else text
