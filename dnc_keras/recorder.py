"""Writes what happens in a training into its run's folder."""

from __future__ import annotations

import json
import os
import time

import numpy as np

from dnc_keras._keras import keras


class Recorder(keras.callbacks.Callback):
    """Appends the log, and saves assignments and checkpoints.

    Args:
        run: the `RunDirectory`.
        sampler: the `ClusterSampler`, whose assignment is saved when it
            changed.
        wait: the `WaitClock` of the batches.
        monitor: the entry of the logs whose largest value marks the best
            epoch. None: no best epoch is kept.
    """

    def __init__(self, run, sampler, wait, monitor=None):
        super().__init__()
        self._run = run
        self._sampler = sampler
        self._wait = wait
        self._monitor = monitor
        self._saved_assignment = None
        self._best = -np.inf
        self.best_epoch = None

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()
        self._waited = self._wait.seconds
        assignment = self._sampler.assignment
        if not np.array_equal(assignment, self._saved_assignment):
            path = self._run.assignments / f"epoch_{epoch:04d}.npz"
            np.savez_compressed(path, assignment=assignment)
            self._saved_assignment = assignment

    def on_epoch_end(self, epoch, logs=None):
        self._append({"epoch": epoch, **{k: float(v) for k, v in logs.items()}})
        if not all(np.isfinite(w).all() for w in self.model.get_weights()):
            raise FloatingPointError(
                "Weights must be finite numbers. Received: NaN or infinite "
                f"weights after epoch {epoch}, which were not saved. Lower "
                "the learning rate."
            )
        self._save(self._run.last_model)
        if self._monitor and logs[self._monitor] > self._best:
            self._best, self.best_epoch = logs[self._monitor], epoch
            self._save(self._run.best_model)

    def _append(self, line):
        line["seconds"] = time.perf_counter() - self._start
        line["input_wait"] = self._wait.seconds - self._waited
        with open(self._run.log, "a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")

    def _save(self, path):
        unfinished = path.with_name("." + path.name)
        self.model.save(unfinished)
        os.replace(unfinished, path)
