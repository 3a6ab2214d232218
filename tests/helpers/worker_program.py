"""One of several workers that train together, on the digits.

In tests/, `python -m helpers.worker_program RUN_DIR OUT.npz STRATEGY
[EPOCH STEP]` saves what the worker has in the end; with EPOCH and STEP it kills
itself there.
"""

import os
import signal
import sys
from unittest import mock

import numpy as np
from helpers import training_runs
from helpers.settings import DIGITS

from dnc_keras import ClusterSampler
from dnc_keras import _cli
from dnc_keras._keras import keras
from dnc_keras._keras import raw_variables
from dnc_keras.training import start

SETTINGS = {
    **DIGITS,
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


def train(run_dir, path, strategy, moment=()):
    """Trains; returns the result."""
    end = SaveEnd(path, list(moment))
    with mock.patch.object(start, "ClusterSampler", RecordingSampler):
        return training_runs.train(run_dir, SETTINGS, [end], strategy=strategy)


if __name__ == "__main__":
    try:
        train(*sys.argv[1:4], moment=map(int, sys.argv[4:]))
    except ConnectionError as error:
        _cli.fail(str(error))
