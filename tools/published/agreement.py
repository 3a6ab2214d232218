"""How far runs of one lane rank recipes as those of another do."""

from __future__ import annotations

import statistics

from markdown_tables import table
from scipy import stats

from dnc_keras.metrics.names import short_name
from published.tables import METRICS


def agreement_table(cheap: dict, costly: dict) -> str:
    """Kendall's rank correlation of recipes, and what a cheap choice costs.

    Args:
        cheap: the lane whose ranking is judged, a dict of a dict for each loss:
            the list of `comparison.Group` of each data set.
        costly: the lane whose ranking is taken as true.

    Returns:
        A Markdown table: a row for each data set with three recipes or more,
        a loss and a variant each, in both lanes. Empty without such a set.
    """
    names = dict.fromkeys(x for sets in costly.values() for x in sets)
    rows = [_row(x, _runs(cheap, x), _runs(costly, x)) for x in names]
    if not any(rows):
        return ""
    taus = [f"{short_name(metric)} τ" for metric in METRICS]
    told = ["best of all", "chosen", "R@1 less"]
    header = ["", "recipes", "seeds", *taus, *told]
    return table(header, [row for row in rows if row])


def _runs(lane, name):
    """The finished runs of a data set: by (loss, variant), then by seed."""
    return {
        (loss, group.name): {run.seed: run.test for run in group.finished}
        for loss, sets in lane.items()
        for group in sets.get(name, ())
    }


def _row(name, cheap, costly):
    recipes = [recipe for recipe in costly if recipe in cheap]
    runs = [lane[recipe] for lane in (cheap, costly) for recipe in recipes]
    seeds = set.intersection(*map(set, runs)) if runs else ()
    if len(recipes) < 3 or not seeds:
        return None
    pairs = [
        [_means(lane, recipes, seeds, metric) for lane in (cheap, costly)]
        for metric in METRICS
    ]
    taus = [f"{stats.kendalltau(*pair)[0]:.2f}" for pair in pairs]
    ours, truth = pairs[0]
    chosen, best = ours.index(max(ours)), truth.index(max(truth))
    told = [" ".join(recipes[i]) for i in (best, chosen)]
    less = f"{100 * (truth[best] - truth[chosen]):.1f}"
    return [name, str(len(recipes)), str(len(seeds)), *taus, *told, less]


def _means(lane, recipes, seeds, metric):
    return [
        statistics.mean(lane[recipe][seed][metric] for seed in seeds)
        for recipe in recipes
    ]
