"""The folder of a training run that a plain `fit` writes."""

from __future__ import annotations

import json
import weakref

from absl import logging

from dnc_keras.arrays.workers import strategy_of
from dnc_keras.arrays.workers import workers_of
from dnc_keras.callbacks.calling_fit import fellow_callbacks
from dnc_keras.callbacks.fit_settings import fit_settings
from dnc_keras.runs import RunDirectory
from dnc_keras.runs.directory import BY_FIT
from dnc_keras.runs.directory import is_by_fit
from dnc_keras.runs.files import read_object
from dnc_keras.runs.remains import read_settings
from dnc_keras.support.formats import stamped
from dnc_keras.support.paths import expanded_path
from dnc_keras.support.whole_files import write_json


class FitRun:
    """Keeps a run's folder for one `fit` and its settings.

    Args:
        run_dir: the folder, made where it is not there.
        settings: what the user says about the run, a dict; what JSON cannot
            hold becomes text.
    """

    def __init__(self, run_dir, settings=None):
        self.directory = RunDirectory(run_dir)
        # As it will be read again.
        self._own = json.loads(json.dumps(settings or {}, default=str))
        self._model = lambda: None

    def note(self, model):
        """Reads the settings in `set_model`, before anything changes them.

        Of a model once: a second `fit` begins with another learning rate, if
        a callback has changed it.
        """
        if self._model() is not model:
            self._seen = fit_settings(model, fellow_callbacks())
            self._model = weakref.ref(model)

    def begin(self, model, num_epochs, resumes):
        """Takes the folder and writes the settings, or compares them.

        Args:
            model: the model.
            num_epochs: of the whole training, which may change.
            resumes: whether a run that is there is resumed.

        Raises:
            ValueError: for another run, or another process, in the folder.
        """
        _check_one_worker(model)
        directory = self.directory
        directory.hold()
        settings = {**BY_FIT, **self._own, **self._seen}
        before = read_settings(directory) or {}
        if directory.exists() and not before:
            logging.warning(
                "%s is lost: the settings of before are not compared.",
                directory.config,
            )
            before = BY_FIT
        if before and not (resumes and is_by_fit(before)):
            raise ValueError(
                f"run_dir must be a new folder. Received: {directory.path}, "
                "which holds a run. Use another one, or resume it: one of "
                "fit with callbacks.Resume, one of dnc_keras.train by its "
                "command."
            )
        others = [
            n for n in settings if before.get(n, settings[n]) != settings[n]
        ]
        if others:
            raise ValueError(
                "A run must be resumed with its own settings. Received: "
                f"{directory.path}, which holds a run with another "
                f"{', '.join(others)}. Use another run_dir, or the settings in "
                "its config.json."
            )
        self.settings = {**before, **settings, "epochs": num_epochs}
        if self.settings != before or not _is_readable(directory.config):
            write_json(directory.config, stamped(self.settings))

    def is_of(self, run_dir):
        """Whether this is the run in a folder."""
        return self.directory.path.resolve() == expanded_path(run_dir).resolve()


def _is_readable(path):
    try:
        read_object(path)
    except (OSError, ValueError):
        return False
    return True


def refuse_copy(callback):
    """Raises TypeError: a tuner's copies would all write one folder."""
    raise TypeError(
        "A run has a folder of its own. Received: a copy of "
        f"{type(callback).__name__}, as tuners make for each trial. Leave the "
        "callback out: a tuner keeps and resumes its trials itself."
    )


def _check_one_worker(model):
    num_workers = workers_of(strategy_of(model)).num
    if num_workers > 1:
        raise ValueError(
            f"A run's folder has one writer. Received: {num_workers} workers. "
            "Use dnc_keras.train with --strategy=multi_worker."
        )
