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
from dnc_keras.reports import write_report
from dnc_keras.reports.embed_run import embed_run
from dnc_keras.runs import RunDirectory

_cli.define_flag("run_dir", "", "folder of a training")
_cli.define_flag(
    "compare", "", "folder of another training, such as the control"
)
_cli.define_flag("data_dir", "", "where the images are; default: as trained")
_cli.define_flag(
    "embed", True, "embed the images with the model, if that was not done"
)


def main():
    values = flags.FLAGS
    run = _existing("run_dir", values.run_dir)
    compared = _existing("compare", values.compare) if values.compare else None
    if values.embed:
        _try_to_embed(run, values.data_dir)
    sections = write_report(run, None, compared, values.data_dir)
    for section in sections:
        if section.missing:
            print(f"Missing     {section.title}: {section.missing}")
    print(f"Report      {run.report}")


def _existing(flag, path):
    run = RunDirectory(path)
    if not path or not run.path.is_dir():
        raise ValueError(
            f"{flag} must be a folder written by dnc_keras.train. "
            f"Received: {path!r}. Train first."
        )
    return run


def _try_to_embed(run, data_dir):
    """Without a model or images the report still has its other parts."""
    try:
        embed_run(run, data_dir)
    except (ValueError, OSError) as error:
        logging.warning("The images are not embedded: %s", error)


if __name__ == "__main__":
    _cli.run(main)
