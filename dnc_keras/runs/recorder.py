"""Writes what happens in a training into its run's folder."""

from __future__ import annotations

import json
import time

import numpy as np

from dnc_keras._keras import keras
from dnc_keras.runs.files import stamped
from dnc_keras.support.checks import check_finite
from dnc_keras.support.whole_files import replaced
from dnc_keras.support.whole_files import write_npz


class Recorder(keras.callbacks.Callback):
    """Appends the log, and saves assignments and models.

    Args:
        run: the `RunDirectory`.
        sampler: the `ClusterSampler`, whose assignment is saved when it
            changed.
        wait: the `WaitClock` of the batches.
        state: the `RunState`, which learns of a new best epoch.
        monitor: the entry of the logs whose largest value marks the best
            epoch. None: no best epoch is kept.
    """

    def __init__(self, run, sampler, wait, state, monitor=None):
        super().__init__()
        self._run = run
        self._sampler = sampler
        self._wait = wait
        self._monitor = monitor
        self._state = state
        self._saved_assignment = None

    def on_train_begin(self, logs=None):
        # What was written after the checkpoint will be written again.
        self._run.keep_log_until(self._state.epoch)
        self._saved_assignment = self._run.read_assignment(self._state.epoch)

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()
        self._waited = self._wait.seconds
        assignment = self._sampler.assignment
        if not np.array_equal(assignment, self._saved_assignment):
            path = self._run.assignment_of(epoch)
            write_npz(path, stamped({"assignment": assignment}))
            self._saved_assignment = assignment

    def on_epoch_end(self, epoch, logs=None):
        self._append({"epoch": epoch, **{k: float(v) for k, v in logs.items()}})
        check_finite(self.model.get_weights(), f"after epoch {epoch}")
        self._save(self._run.last_model)
        if self._monitor and self._is_best(logs[self._monitor]):
            self._state.best = float(logs[self._monitor])
            self._state.best_epoch = epoch
            self._save(self._run.best_model)

    def _is_best(self, value):
        return self._state.best is None or value > self._state.best

    def _append(self, line):
        line["seconds"] = time.perf_counter() - self._start
        line["input_wait"] = self._wait.seconds - self._waited
        with open(self._run.log, "a", encoding="utf-8") as log:
            log.write(json.dumps(stamped(line)) + "\n")

    def _save(self, path):
        with replaced(path) as unfinished:
            self.model.save(unfinished)
