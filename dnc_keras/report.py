"""Writes the report of a training again, or that of an unfinished one.

Example: python -m dnc_keras.report --run_dir=runs/digits
         python -m dnc_keras.report --run_dir=runs/cars196 \\
             --compare=runs/cars196_control
What is missing in a run is told in the report, in its place.
"""

from __future__ import annotations

from absl import flags
from absl import logging

from dnc_keras import _cli
from dnc_keras._outputs import say
from dnc_keras.reports import write_report
from dnc_keras.reports.exported_images import write_fiftyone
from dnc_keras.reports.exported_images import write_wandb
from dnc_keras.runs.trained import TrainedRun

_cli.define_path("run_dir", "folder of a training")
_cli.define_path("compare", "folder of another training, such as the control")
_cli.define_path("data_dir", "where the images are; default: as trained")
_cli.define_flag(
    "embed", True, "embed the images with the model, if that was not done"
)
_cli.define_path("fiftyone", "folder to write all images to for FiftyOne")
_cli.define_path(
    "wandb", "file to write all images to for W&B, as x.table.json"
)
_cli.define_trust()


def main():
    values = flags.FLAGS
    run = TrainedRun(
        *(values.run_dir, None, values.data_dir),
        trust_own_code=values.trust_own_code,
    )
    if run.is_by_fit:
        _cli.refuse_flags(
            ["data_dir", "fiftyone", "wandb"],
            "The images of a run of your own fit are not known. Received: {} "
            "for such a run. Leave it out.",
        )
    compared = TrainedRun(values.compare).directory if values.compare else None
    if values.embed and not run.is_by_fit:
        _try_to_embed(run)
    sections = write_report(run, compared=compared)
    for section in sections:
        if section.missing:
            say(f"Missing     {section.title}: {section.missing}")
    say(f"Report      {run.directory.report}")
    if values.fiftyone:
        write_fiftyone(run, values.fiftyone)
        say(f"FiftyOne    {values.fiftyone}")
    if values.wandb:
        write_wandb(run, values.wandb)
        say(f"W&B         {values.wandb}")


def _try_to_embed(run):
    """Without a model or images the report still has its other parts."""
    try:
        run.embed_parts()
    except (ValueError, OSError) as error:
        logging.warning("The images are not embedded: %s", error)


if __name__ == "__main__":
    _cli.run(main)
