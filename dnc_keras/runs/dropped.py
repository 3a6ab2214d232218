"""The list of files that a run leaves out, kept in its folder."""

from __future__ import annotations

import dataclasses
import pathlib

from absl import logging

from dnc_keras.config import TrainConfig
from dnc_keras.runs.directory import RunDirectory
from dnc_keras.support.whole_files import whole_file


def with_kept_list(config: TrainConfig, run: RunDirectory) -> TrainConfig:
    """The settings with the list that the run keeps, once it has one.

    So a run is resumed, measured and reported on the images that it began
    with, even if the user's list changes or goes.
    """
    if not config.drop or not run.dropped.is_file():
        return config
    own = pathlib.Path(config.drop)
    if own.is_file() and own.read_bytes() != run.dropped.read_bytes():
        logging.warning(
            "%s has changed since the run began, which goes on with its own "
            "copy, %s. Use another --run_dir for the new list.",
            *(own, run.dropped),
        )
    return dataclasses.replace(config, drop=str(run.dropped))


def keep_list(config: TrainConfig, run: RunDirectory):
    """Copies the list of a run that begins into its folder."""
    if config.drop and not run.dropped.is_file():
        content = pathlib.Path(config.drop).read_bytes()
        with whole_file(run.dropped) as file:
            file.write(content)
