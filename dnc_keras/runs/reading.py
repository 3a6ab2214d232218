"""What the folder of a run says, however much of it there is."""

from __future__ import annotations

import dataclasses
import math
import os
import pathlib
from typing import Optional

from dnc_keras.config.saved import with_split_seed
from dnc_keras.config.settings import DEFAULTS
from dnc_keras.runs.directory import RunDirectory
from dnc_keras.runs.directory import is_by_fit
from dnc_keras.runs.files import read_lines
from dnc_keras.runs.files import read_object
from dnc_keras.runs.remains import read_settings


@dataclasses.dataclass(frozen=True, eq=False)
class Run:
    """One training run, finished or not.

    Args:
        name: what it is called next to the others.
        path: its folder.
        settings: a dict; settings that its version did not know yet have
            their defaults, unless the user's own `fit` trained it. None: they
            cannot be read.
        result: what `result.json` holds; empty without one.
        log: a list of dicts, one for each epoch.
        problems: what of the folder cannot be read, a tuple of lines.
    """

    name: str
    path: str
    settings: Optional[dict]
    result: dict
    log: list
    problems: tuple = ()

    @property
    def is_finished(self) -> bool:
        """Whether there are test metrics."""
        return bool(self.test)

    @property
    def test(self) -> dict:
        """The test metrics."""
        return _numbers(self.result.get("test"))

    @property
    def last(self) -> dict:
        """Those of the last epoch; empty if they were not asked for."""
        return _numbers(self.result.get("last"))

    @property
    def intervals(self) -> dict:
        """(low, high) of each test metric that has a 95% interval."""
        entries = _as_dict(self.result.get("intervals"))
        return {
            name: tuple(ends)
            for name, ends in entries.items()
            if isinstance(ends, list) and [*map(_is_number, ends)] == [True] * 2
        }

    @property
    def seconds(self) -> dict:
        """What each part took."""
        return _numbers(self.result.get("seconds"))

    @property
    def total_seconds(self) -> Optional[float]:
        """All parts together; waiting for images is part of training."""
        parts = [s for part, s in self.seconds.items() if part != "input_wait"]
        return sum(parts) if parts else None

    @property
    def versions(self) -> dict:
        """The packages that it was made with."""
        return _as_dict(self.result.get("versions"))

    @property
    def seed(self) -> str:
        """The seed; "None" if the settings cannot be read."""
        settings = self.settings or {}
        return str(settings.get("seed", settings.get("sampler.seed")))

    def curve(self, name: str) -> dict:
        """The values of an entry of the log, by epoch."""
        return {
            line["epoch"]: line[name]
            for line in self.log
            if _is_number(line.get(name)) and _is_number(line.get("epoch"))
        }


def read_run(path) -> Run:
    """Reads the folder of a run, as any version of `dnc_keras.train` left it.

    What is broken is named in `problems` and left out. Without a readable
    `config.json` the settings are those in `result.json`, or in the newest
    checkpoint.

    Args:
        path: the folder, whose name is that of the run.

    Returns:
        A `Run`.

    Raises:
        ValueError: if it is not a run.
    """
    run = RunDirectory(path)
    if not run.exists():
        raise ValueError(
            "A run must be a folder written by dnc_keras.train. Received: "
            f"{str(path)!r}, without a config.json or result.json."
        )
    problems = []
    config = _read_dict(run.config, problems)
    result = _read_dict(run.result, problems)
    config = config or _other_settings(run)
    return Run(
        run.path.name,
        str(path),
        _completed(config) if config else None,
        result,
        _read_log(run.log, problems),
        tuple(problems),
    )


def is_run(directory: RunDirectory) -> bool:
    """Whether a folder holds a run, in whatever state.

    Other programs have files of the same names, such as a `config.json`.
    """
    if not directory.exists():
        return False
    if directory.assignments.is_dir() and directory.checkpoints.is_dir():
        return True
    problems = []
    config = _read_dict(directory.config, problems)
    result = _read_dict(directory.result, problems)
    return (
        "dataset" in config
        or is_by_fit(config)
        or {"test", "config"} <= result.keys()
        or any(
            {"epoch", "seconds"} <= line.keys()
            for line in _read_log(directory.log, problems)
        )
    )


def short_names(paths) -> list[str]:
    """Paths without the folders that are common to all.

    >>> short_names(["runs/control/0", "runs/cached/0"])
    ['control/0', 'cached/0']
    """
    parts = [pathlib.Path(os.path.abspath(path)).parts for path in paths]
    # Works on any sequences.
    num_common = len(os.path.commonprefix(parts))
    start = min(num_common, *(len(each) - 1 for each in parts))
    return ["/".join(each[start:]) for each in parts]


def _other_settings(run):
    """Those that a run tells without its `config.json`."""
    try:
        return read_settings(run) or {}
    except ValueError:
        return {}


def _completed(config):
    """The settings with what those that were not saved stand for."""
    if is_by_fit(config):
        return config
    return {**DEFAULTS, **with_split_seed(config)}


def _read_dict(file, problems):
    try:
        return read_object(file)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        problems.append(f"{file.name} cannot be read")
        return {}


def _read_log(file, problems):
    try:
        lines, broken = read_lines(file)
    except FileNotFoundError:
        return []
    except OSError:
        problems.append(f"{file.name} cannot be read")
        return []
    if broken:
        problems.append(
            f"{file.name} cannot be read in line {broken[0]}"
            + f" and {len(broken) - 1} more" * (len(broken) > 1)
        )
    return lines


def _as_dict(value):
    return value if isinstance(value, dict) else {}


def _numbers(value):
    return {k: v for k, v in _as_dict(value).items() if _is_number(v)}


def _is_number(value):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and abs(value) < math.inf
