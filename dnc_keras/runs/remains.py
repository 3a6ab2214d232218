"""What is left of a run whose files were lost or damaged."""

from __future__ import annotations

import zipfile
from typing import Optional

from absl import logging

from dnc_keras.config.saved import OWN_PARTS
from dnc_keras.runs.checkpoints import Checkpoints
from dnc_keras.runs.files import read_object
from dnc_keras.support.damage import DAMAGE
from dnc_keras.support.zip_bounds import check_unpacked


def is_whole_model(path) -> bool:
    """Whether a `.keras` file is there and none of its bytes is damaged."""
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            check_unpacked(archive, file)
            return archive.testzip() is None
    except DAMAGE:
        return False


def read_settings(run) -> Optional[dict]:
    """The settings of the run in a folder, which it tells in three places.

    Args:
        run: a `RunDirectory`.

    Returns:
        What `config.json` holds; where that is lost, what `result.json` or
        the newest checkpoint says. None: there is no run, or a checkpoint
        that does not tell, as earlier versions wrote them.

    Raises:
        ValueError: where something is damaged and nothing is left, or is a
            pipe or device.
    """
    run.check_entries()
    try:
        return read_object(run.config)
    except (FileNotFoundError, NotADirectoryError):
        is_damaged = False
    except (OSError, ValueError):
        is_damaged = True
    settings = _settings_of_result(read_result(run) or {})
    found = None if settings else Checkpoints(run.checkpoints).load()
    if found:
        settings = found[1].get("settings")
    if is_damaged and not (settings or found):
        raise ValueError(
            f"{run.config} must hold the settings of the run. Received: a "
            "damaged file, and no whole checkpoint. Remove the folder, or use "
            "another --run_dir, and train again."
        )
    if settings:
        logging.warning(
            "%s is lost. The settings are those in the result or in the newest "
            "checkpoint.",
            run.config,
        )
    return settings or None


def _settings_of_result(result):
    settings = result.get("config")
    if not settings:
        return {}
    return {**settings, OWN_PARTS: result.get(OWN_PARTS, {})}


def read_result(run) -> Optional[dict]:
    """What `result.json` holds, or None; a damaged one gets a warning."""
    try:
        result = read_object(run.result)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        logging.warning("There is no result: %s", error)
        return None
    if isinstance(result.get("test"), dict):
        return result
    logging.warning("%s holds no result, and is not used.", run.result)
    return None


def lost_models(run, state) -> list:
    """The names of the models, `last` and `best`, that were there.

    Args:
        run: a `RunDirectory`.
        state: its `RunState`, as restored.
    """
    expected = {
        "last": (run.last_model, state.epoch > 0),
        "best": (run.best_model, state.best_epoch is not None),
    }
    return [
        name
        for name, (path, was_there) in expected.items()
        if was_there and not is_whole_model(path)
    ]
