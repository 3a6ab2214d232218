"""One of several workers that train together, on the digits.

In tests/, `python -m helpers.worker_program RUN_DIR OUT.npz STRATEGY
[EPOCH STEP]` saves what the worker has in the end; with EPOCH and STEP it kills
itself there.
"""

import functools
import os
import pathlib
import signal
import sys
import tempfile
from unittest import mock

import numpy as np
from helpers import rounding
from helpers import training_runs
from helpers.settings import DIGITS

from dnc_keras import ClusterSampler
from dnc_keras import _cli
from dnc_keras._keras import keras
from dnc_keras._keras import raw_variables
from dnc_keras.training import parts
from dnc_keras.training import results

SETTINGS = {
    **DIGITS,
    "epochs": 2,
    "masks": "learned",
    "mask_multiplier": 1.0,
    "division": "hierarchical",
    "learn_beta": True,
    "select": "last",
    "steps_per_epoch": 4,
    "batch_size": 40,
    "samples_per_class": 4,
    "learning_rate": 1e-4,
    "weight_decay": 0.01,
    "evaluate_before": False,
}


class RecordingSampler(ClusterSampler):
    """Keeps all assignments that it was given."""

    def update(self, assignment):
        super().update(assignment)
        self.history = [*getattr(self, "history", []), self.assignment]
        RecordingSampler.newest = self


class SaveEnd(keras.callbacks.Callback):
    """Saves assignments and weights; or ends the process in a moment."""

    def __init__(self, path, moment):
        super().__init__()
        self._path = path
        self._moment = moment

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if [self._epoch, batch] == self._moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def on_train_end(self, logs=None):
        variables = raw_variables(self.model.trainable_variables)
        weights = [variable.numpy() for variable in variables]
        np.savez(
            self._path,
            assignments=RecordingSampler.newest.history,
            **{f"weights/{i}": value for i, value in enumerate(weights)},
        )


class Nudge(keras.callbacks.Callback):
    """Nudges all that is trained before every step."""

    def __init__(self, seed):
        super().__init__()
        self._random = np.random.default_rng(seed)

    def on_train_batch_begin(self, batch, logs=None):
        for variable in raw_variables(self.model.trainable_variables):
            seed = self._random.integers(2**32)
            variable.assign(rounding.nudged(variable.numpy(), seed))


def train(run_dir, path, strategy, moment=(), callbacks=()):
    """Trains, without the report at the end; returns the result."""
    with (
        mock.patch.object(parts, "ClusterSampler", RecordingSampler),
        mock.patch.object(results, "write_report"),
    ):
        return training_runs.train(
            run_dir,
            SETTINGS,
            [*callbacks, SaveEnd(path, list(moment))],
            strategy=strategy,
        )


@functools.lru_cache(maxsize=None)
def nudged_trainings():
    """What is saved of trainings on one device whose weights are nudged."""
    return [_nudged_training(seed) for seed in range(2)]


def _nudged_training(seed):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        train(path / "run", path / "saved.npz", "one_device", (), [Nudge(seed)])
        with np.load(path / "saved.npz") as saved:
            return dict(saved)


def assert_trained_as_one(received, expected):
    """Compares what is saved of two trainings, but the assignments."""
    rounding.assert_equal_but_for_rounding(
        received,
        {k: value for k, value in expected.items() if k != "assignments"},
        nudged_trainings(),
        SETTINGS["epochs"] * SETTINGS["steps_per_epoch"],
    )


if __name__ == "__main__":
    try:
        train(*sys.argv[1:4], moment=map(int, sys.argv[4:]))
    except ConnectionError as error:
        _cli.fail(str(error))
