"""The folder that a training writes."""

from __future__ import annotations

import contextlib
import json

from dnc_keras.config import TrainConfig
from dnc_keras.config.options import expand_paths
from dnc_keras.config.saved import OWN_PARTS
from dnc_keras.config.saved import as_begun
from dnc_keras.config.saved import with_split_seed
from dnc_keras.config.settings import DEFAULTS
from dnc_keras.runs.assignments import assignment_file
from dnc_keras.runs.checkpoints import Checkpoints
from dnc_keras.runs.files import read_object
from dnc_keras.runs.remains import read_result
from dnc_keras.runs.remains import read_settings
from dnc_keras.support.formats import stamped
from dnc_keras.support.locks import open_lock
from dnc_keras.support.locks import try_lock
from dnc_keras.support.paths import expanded_path
from dnc_keras.support.special_files import check_entries
from dnc_keras.support.whole_files import whole_file
from dnc_keras.support.whole_files import write_json

# Among the settings of a run that the user's own `fit` trained.
BY_FIT = {"trained_by": "fit"}
# Locks of this process, by folder.
_HELD = {}
# Settings that change nothing of what a run finds.
FREE_SETTINGS = (
    "run_dir",
    "resume",
    "checkpoint_every",
    "strategy",
    "report",
    "export",
    "feature_cache",
)


class RunDirectory:
    """Knows the places in a run's folder, and that one process writes it.

    Args:
        path: the folder; made by `claim`.
    """

    def __init__(self, path):
        self.path = expanded_path(path)
        self.config = self.path / "config.json"
        self.log = self.path / "log.jsonl"
        self.result = self.path / "result.json"
        self.queries = self.path / "queries.npz"
        self.dropped = self.path / "dropped.csv"
        self.report = self.path / "report.html"
        self.assignments = self.path / "assignments"
        self.checkpoints = self.path / "checkpoints"
        self.last_model = self.checkpoints / "last.keras"
        self.best_model = self.checkpoints / "best.keras"
        self.embeddings = self.path / "embeddings"
        self.tensorboard = self.path / "tensorboard"
        self.export = self.path / "export"
        self._files = (
            *(self.config, self.log, self.dropped),
            *(self.result, self.queries, self.report),
        )
        self._folders = (
            *(self.assignments, self.checkpoints, self.embeddings),
            *(self.tensorboard, self.export),
        )

    def check_entries(self):
        """Raises ValueError for a pipe or device, whose reading may never end.

        Whoever begins to read a run calls it first.
        """
        check_entries(
            [*self._files, *(e for f in self._folders for e in f.glob("*"))],
            "The folder of a run",
            "Remove it, or use another folder.",
        )

    def owns(self, path) -> bool:
        """Whether a path is that of a file which programs keep here."""
        path = expanded_path(path)
        return path in self._files or any(
            folder in path.parents for folder in self._folders
        )

    @classmethod
    def next_free(cls, path, config: dict, resume=False) -> RunDirectory:
        """The folder at `path`, or `path-2`, `path-3`, ... if it is taken.

        Args:
            path: of the first folder.
            config: the settings of the run.
            resume: whether an unfinished run with these settings, which no
                process writes, is free, too.
        """
        number = 1
        while True:
            run = cls(path if number == 1 else f"{path}-{number}")
            if not run.path.exists() or (resume and run._awaits(config)):
                return run
            number += 1

    def _awaits(self, config):
        """Whether an unfinished run with these settings waits here."""
        try:
            before = read_settings(self)
        except ValueError:  # Nobody can tell what run it was.
            return False
        if before is None or read_result(self) is not None:
            return False
        if _differences(config, before):
            return False
        with self._open_lock() as lock:
            return try_lock(lock)

    @property
    def chosen_model(self):
        """The file of the selected epoch's model."""
        best, last = self.best_model, self.last_model
        return best if best.exists() else last

    def exists(self) -> bool:
        """Whether a run began here.

        Raises:
            ValueError: as `check_entries` does.
        """
        self.check_entries()
        files = (self.config, self.result, self.log, self.last_model)
        is_there = any(file.is_file() for file in files)
        return is_there or Checkpoints(self.checkpoints).has_any()

    @contextlib.contextmanager
    def claim(self, config: dict, resume=False):
        """Makes the folder and keeps other processes and runs out of it.

        A context: the folder is this process' own until its end.

        Args:
            config: the settings of the run, written to `config.json`.
            resume: whether a run with these settings is gone on with.

        Raises:
            ValueError: where another run is, or was, written. Nothing is
                changed then.
        """
        with self._lock():
            before = self.check(config, resume)
            self._make_folders()
            self._keep_settings(before or config)
            yield

    def _keep_settings(self, settings):
        try:
            read_object(self.config)
        except (OSError, ValueError):
            write_json(self.config, stamped(settings))

    def hold(self):
        """Makes the folder and keeps other processes out while this one lives.

        For what is called again and again, and never knows which call is the
        last one. A second call changes nothing.

        Raises:
            ValueError: where another process writes.
        """
        place = self.path.resolve()
        if place not in _HELD:
            _HELD[place] = self._lock()
        self._make_folders()

    def _make_folders(self):
        for folder in (self.assignments, self.checkpoints):
            folder.mkdir(exist_ok=True)

    def _lock(self):
        lock = self._open_lock()
        if not try_lock(lock):
            lock.close()
            raise ValueError(
                f"run_dir must be a new folder. Received: {self.path}, which "
                "another process is writing now. Use another run_dir."
            )
        return lock

    def _open_lock(self):
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            return open_lock(self.path / ".lock")
        except OSError as error:
            raise ValueError(
                "run_dir must be a folder that can be written. Received: "
                f"{self.path} ({error.strerror}). Use another --run_dir."
            ) from error

    def check(self, config: dict, resume=False):
        """Raises ValueError where another run was written before.

        Args:
            config: the settings of the run.
            resume: whether a run with these settings is gone on with.

        Returns:
            The settings of the run that is there, or None.
        """
        before = read_settings(self)
        if before is None and not Checkpoints(self.checkpoints).has_any():
            return None
        state = "a finished" if self.result.exists() else "an unfinished"
        differences = _differences(config, before or config)
        if differences:
            raise ValueError(
                "run_dir must be a new folder, or hold a run of the same "
                f"settings. Received: {self.path}, which holds {state} run "
                f"with another {', '.join(differences)}. Use another "
                "--run_dir, or the settings in its config.json."
            )
        if not resume:
            raise ValueError(
                f"run_dir must be a new folder. Received: {self.path}, which "
                f"holds {state} run. Use another --run_dir, remove that "
                "folder, or go on with --resume=auto."
            )
        return before

    def assignment_of(self, epoch: int):
        """The file of the assignment that is new in an epoch."""
        return assignment_file(self.assignments, epoch)

    def keep_log_until(self, epoch: int):
        """Drops the lines of the log from an epoch on, and damaged ones.

        Returns:
            The number of lines that are kept.
        """
        if not self.log.exists():
            return 0
        lines = self.log.read_bytes().splitlines()
        kept = [line + b"\n" for line in lines if _is_before(line, epoch)]
        with whole_file(self.log) as log:
            log.writelines(kept)
        return len(kept)


def is_by_fit(settings: dict) -> bool:
    """Whether the user's own `fit` trained a run of these settings."""
    return BY_FIT.items() <= settings.items()


def _differences(config, before):
    """The settings in which two runs differ, by name."""
    config, before = as_begun(config, before), with_split_seed(before)
    # Settings that the version before did not know are at their defaults.
    # Another version saved paths with `~`.
    before = expand_paths(TrainConfig, {**DEFAULTS, OWN_PARTS: {}, **before})
    return [
        name
        for name in config
        if name not in FREE_SETTINGS and config[name] != before.get(name)
    ]


def _is_before(line, epoch):
    """Whether a line of the log is whole, and of an earlier epoch."""
    try:
        return json.loads(line)["epoch"] < epoch
    except (ValueError, KeyError, TypeError):
        return False
