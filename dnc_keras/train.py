"""Trains an embedding by divide and conquer.

Example: python -m dnc_keras.train --dataset=omniglot --data_dir=DIR
The defaults of a data set are its recipe in flags/; that of your own images is
folder.cfg, unless flags ask for clusters, as --divide=images does.
--flagfile=FILE reads flags from a file, or from a recipe by its name.
"""

from __future__ import annotations

import dataclasses
import sys
import types

from absl import flags

from dnc_keras import _cli
from dnc_keras._outputs import default_cache
from dnc_keras._outputs import say
from dnc_keras.callbacks import ProgressBar
from dnc_keras.callbacks.epoch_lines import EpochLines
from dnc_keras.config import TrainConfig
from dnc_keras.console.start import tf
from dnc_keras.training import train

_cli.define_flags(TrainConfig)


def main():
    _cli.use_recipe_of(flags.FLAGS.dataset)
    _cli.check_output_folders("run_dir", "feature_cache")
    config = _cli.read_flags(TrainConfig)
    if config.freeze and not config.feature_cache:
        cache = str(default_cache())
        config = dataclasses.replace(config, feature_cache=cache)
    shown = []
    if not flags.FLAGS.quiet:
        shown = [ProgressBar(), EpochLines()]
        say(_where_it_trains(), file=sys.stderr)
    result = train(config, shown)
    before = {"before": result["before"]} if result["before"] else {}
    _cli.print_metrics(**before, after=result["test"])
    run_dir = result["run_dir"]
    names = filter(None, (result["dataset"], result["source"]))
    say(f"Data set    {': '.join(names)}")
    say(f"Protocol    {result['protocol']}")
    _cli.print_left_out(result)
    say(f"Report      {run_dir}/report.html")
    say(f"SavedModel  {result['export_dir'] or _how_to_export(run_dir)}")
    say(f"Next        python -m dnc_keras.evaluate --run_dir={run_dir}")


def _where_it_trains():
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        return f"training on {len(gpus)} GPU{'s' if len(gpus) > 1 else ''}"
    return (
        "training on the CPU; TF_CPP_MIN_LOG_LEVEL=0 shows why there is no GPU"
    )


def _how_to_export(run_dir):
    return f"not written; python -m dnc_keras.export_model --run_dir={run_dir}"


class _CallableModule(types.ModuleType):
    """Python puts a module that is imported in the place of `dnc_keras.train`.

    The function of that name is called all the same.
    """

    __call__ = staticmethod(train)


if __name__ == "__main__":
    _cli.run(main)
else:
    sys.modules[__name__].__class__ = _CallableModule
