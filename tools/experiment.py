"""Compares variants of the method with a control, seed by seed.

Example: python tools/experiment.py omniglot --data_dir=DIR --work_dir=runs
         python tools/experiment.py cars196 --data_dir=DIR --weights=FILE
         python tools/experiment.py omniglot --data_dir=DIR \\
             --name=omniglot_contrastive --flags="--loss=contrastive"
It trains what has no result yet, then writes the table and the curves; stopped,
it goes on where it was.
"""

import argparse
import shlex

from experiments import pages
from experiments import runs
from experiments.plans import CONTROL
from experiments.plans import PLANS
from experiments.plans import VARIANTS

from dnc_keras.comparison.drawing import draw_curves
from dnc_keras.support.paths import expanded_path


def _arguments():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("plan", choices=PLANS)
    parser.add_argument("--data_dir", required=True, type=expanded_path)
    parser.add_argument("--weights", type=expanded_path, help="of the backbone")
    parser.add_argument(
        "--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS)
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument(
        "--flags",
        type=shlex.split,
        default=[],
        help="more flags of the program, for all variants",
    )
    parser.add_argument("--name", help="of the results, default: the plan's")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    parser.add_argument("--work_dir", type=expanded_path, default="runs")
    parser.add_argument("--results", type=expanded_path, default="docs/results")
    arguments = parser.parse_args()
    if PLANS[arguments.plan].needs_weights and not arguments.weights:
        parser.error(f"{arguments.plan} needs --weights=FILE.")
    return arguments


def _flags(arguments, variant, seed):
    flags = [
        *PLANS[arguments.plan].flags,
        *VARIANTS[variant],
        *arguments.flags,
        f"--seed={seed}",
        f"--data_dir={arguments.data_dir.resolve()}",
    ]
    if arguments.weights:
        flags.append(f"--weights={arguments.weights.resolve()}")
    return flags


def main():
    arguments = _arguments()
    name = arguments.name or arguments.plan
    results = arguments.results / name
    work = arguments.work_dir / name
    work.mkdir(parents=True, exist_ok=True)
    # Seed by seed, so that what is there when it is stopped can be compared.
    flags_of = {
        (variant, seed): _flags(arguments, variant, seed)
        for seed in arguments.seeds
        for variant in arguments.variants
    }
    runs.train_missing(flags_of, results, work, arguments.jobs)
    write_pages(results, arguments.variants, arguments.seeds)
    print(results.with_suffix(".md").read_text(encoding="utf-8"))


def write_pages(results, variants, seeds):
    """Writes the table and the curves of the results in a folder."""
    groups = [runs.read(results, variant, seeds) for variant in variants]
    control = groups[variants.index(CONTROL)]
    pages.write_table(results.with_suffix(".md"), groups, control, seeds)
    draw_curves(results.with_suffix(".png"), groups)


if __name__ == "__main__":
    main()
