"""The folder that a training writes."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pathlib


class RunDirectory:
    """Knows the places in a run's folder, and that one process writes it.

    Args:
        path: the folder; made by `claim`.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.config = self.path / "config.json"
        self.log = self.path / "log.jsonl"
        self.result = self.path / "result.json"
        self.report = self.path / "report.html"
        self.assignments = self.path / "assignments"
        self.checkpoints = self.path / "checkpoints"
        self.last_model = self.checkpoints / "last.keras"
        self.best_model = self.checkpoints / "best.keras"
        self.tensorboard = self.path / "tensorboard"
        self.export = self.path / "export"

    @classmethod
    def next_free(cls, path) -> RunDirectory:
        """The folder at `path`, or `path-2`, `path-3`, ... if it is taken."""
        candidate, number = pathlib.Path(path), 1
        while candidate.exists():
            number += 1
            candidate = pathlib.Path(f"{path}-{number}")
        return cls(candidate)

    @property
    def chosen_model(self):
        """The file of the selected epoch's model."""
        best, last = self.best_model, self.last_model
        return best if best.exists() else last

    def read_config(self) -> dict:
        """The settings of a run.

        Raises:
            ValueError: where there is no run with a checkpoint.
        """
        if not self.config.exists() or not self.chosen_model.exists():
            raise ValueError(
                "run_dir must be a folder written by dnc_keras.train, with a "
                f"checkpoint. Received: {str(self.path)!r}. Train first."
            )
        return read_json(self.config)

    @contextlib.contextmanager
    def claim(self, config: dict):
        """Makes the folder and keeps other processes and runs out of it.

        A context: the folder is this process' own until its end.

        Args:
            config: the settings of the run, written to `config.json`.

        Raises:
            ValueError: where another run is, or was, written. Nothing is
                changed then.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.path / ".lock", "w") as lock:
            self._lock(lock)
            self.check_new(config)
            for folder in (self.assignments, self.checkpoints):
                folder.mkdir(exist_ok=True)
            write_json(self.config, config)
            yield

    def _lock(self, file):
        # Ends when the file is closed, or the process ends in whatever way.
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ValueError(
                f"run_dir must be a new folder. Received: {self.path}, which "
                "another process is writing now. Use another --run_dir."
            ) from error

    def check_new(self, config: dict):
        """Raises ValueError where a run was written before."""
        if self.config.exists():
            state = "a finished" if self.result.exists() else "an unfinished"
            raise ValueError(
                f"run_dir must be a new folder. Received: {self.path}, which "
                f"holds {state} run{self._differences(config)}. Use another "
                "--run_dir, or remove that folder."
            )

    def _differences(self, config):
        before = read_json(self.config)
        names = [
            name
            for name in config
            if name != "run_dir" and config[name] != before.get(name)
        ]
        return f" with another {', '.join(names)}" if names else ""


def write_json(path, value):
    """Writes a JSON file, whole or not at all."""
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    os.replace(unfinished, path)


def read_json(path):
    """Reads a JSON file."""
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
