"""Keeps the runs of experiments in docs/results/, and writes their page.

Example: python tools/publish.py keep frozen runs/cars196_margin
         python tools/publish.py page
`keep` takes in folders of the plan `divisions`, named SET_LOSS, of a lane;
`page` writes docs/results/divisions.md and .png of all that is kept.
"""

import argparse
import pathlib

from absl import logging
from published.agreement import agreement_table
from published.kept import groups_of
from published.kept import keep
from published.tables import PARTS
from published.tables import changes_table

from dnc_keras.experiments.plans import read_plan
from dnc_keras.support.whole_files import write_text

ROOT = pathlib.Path(__file__).parents[1]
KEPT = ROOT / "docs" / "results" / "divisions"
# How each lane was trained; docs/results.md has the commands.
LANES = {
    "frozen": "a linear embedding on the features of a frozen MobileNetV2",
    "tuned": "the last six blocks of MobileNetV2 trained with the embedding",
    "scratch": "four convolutions that start at random",
}
LOSSES = ("margin", "contrastive", "multi_similarity", "proxy_anchor")
_INTRODUCTION = """# What is divided among the learners: all numbers

Written by `python tools/publish.py page` from the runs in
`docs/results/divisions/`, an archive of `result.json` and `log.jsonl` for each
experiment. [Results](../results.md) says how they were trained, and what
follows from them. Percent, on test classes. The row `control` has its metrics,
the others their paired differences to it: the mean, and half of Student's 95%
interval over the seeds. Bold: the interval does not hold 0."""
_AGREEMENT = """A recipe is a loss and a variant that both have; means over
the seeds that all of them have. τ is Kendall's: 1 for one order, -1 for the
reverse. `chosen` has the best R@1 when frozen; trained, it has so much less
than the best of all."""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    keeping = commands.add_parser("keep", help="take experiments in")
    keeping.add_argument("lane", choices=LANES)
    keeping.add_argument("folders", nargs="+", type=pathlib.Path)
    commands.add_parser("page", help="write the page of what is kept")
    arguments = parser.parse_args()
    # Archives keep no config.json: all of it stands in the result.
    logging.set_verbosity(logging.ERROR)
    if arguments.command == "keep":
        for folder in arguments.folders:
            archive = KEPT / arguments.lane / f"{folder.name}.zip"
            keep(folder, _variants(), archive)
    else:
        # Here, as it needs the extra `report`.
        from published import drawing

        lanes = lanes_of(KEPT)
        write_text(KEPT.with_suffix(".md"), page_of(lanes))
        drawing.draw(KEPT.with_suffix(".png"), drawing.changes_of(lanes))


def _variants():
    plan = read_plan(ROOT / "flags" / "plans" / "divisions.plan")
    return [variant.name for variant in plan.variants]


def page_of(lanes: dict) -> str:
    """The page of what `lanes_of` gives."""
    parts = [_INTRODUCTION]
    for lane, told in LANES.items():
        for loss, sets in lanes[lane].items():
            parts.append(f"## {lane}, {loss}")
            parts.append(f"{told[0].upper()}{told[1:]}.")
            for part, caption in PARTS.items():
                parts += [caption, changes_table(sets, part)]
    for lane in list(LANES)[1:]:
        if found := agreement_table(lanes["frozen"], lanes[lane]):
            parts += [f"## How frozen ranks recipes, and {lane}", _AGREEMENT]
            parts.append(found)
    return "\n\n".join(parts) + "\n"


def lanes_of(kept: pathlib.Path) -> dict:
    """What a folder keeps as LANE/SET_LOSS.zip: by lane, loss and data set a
    list of groups."""
    return {lane: _experiments(kept / lane) for lane in LANES}


def _experiments(lane):
    losses = {}
    for loss in LOSSES:
        found = sorted(lane.glob(f"*_{loss}.zip"))
        if found:
            names = [path.stem[: -len(loss) - 1] for path in found]
            losses[loss] = dict(zip(names, map(groups_of, found)))
    return losses


if __name__ == "__main__":
    main()
