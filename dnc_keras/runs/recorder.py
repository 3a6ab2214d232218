"""Writes what happens in a training into its run's folder."""

from __future__ import annotations

import math
import time

import numpy as np
from absl import logging

from dnc_keras._keras import keras
from dnc_keras.runs.assignments import assignment_in
from dnc_keras.runs.assignments import read_assignments
from dnc_keras.runs.assignments import write_assignment
from dnc_keras.support.checks import check_finite
from dnc_keras.support.formats import stamped
from dnc_keras.support.json_text import json_text
from dnc_keras.support.whole_files import replaced


class Recorder(keras.callbacks.Callback):
    """Appends the log, and saves assignments and models.

    Args:
        run: the `RunDirectory`.
        state: the `RunState`, which learns of a new best epoch.
        sampler: the `ClusterSampler`, whose assignment is saved when it
            changed. None: there is none.
        wait: the `WaitClock` of the batches. None: nobody measures them.
        monitor: the `metrics.monitor.Monitor` of the entry of the logs whose
            best value marks the best epoch. None: no best epoch is kept.
        to_save: function from the model that is trained to the one that is
            saved. None: it is the same.
    """

    def __init__(
        self,
        run,
        state,
        sampler=None,
        wait=None,
        monitor=None,
        to_save=None,
    ):
        super().__init__()
        self._run = run
        self._state = state
        self._sampler = sampler
        self._wait = wait
        self._monitor = monitor
        self._to_save = to_save or (lambda model: model)
        self._is_begun = False
        self._saved_assignment = None

    def on_train_begin(self, logs=None):
        self._is_begun = False

    def on_epoch_begin(self, epoch, logs=None):
        if not self._is_begun:
            # What was written after the checkpoint will be written again.
            self._run.keep_log_until(epoch)
            found, _ = read_assignments(self._run.assignments)
            self._saved_assignment = assignment_in(found, epoch)
            self._is_begun = True
        self._start = time.perf_counter()
        self._waited = self._wait.seconds if self._wait else 0.0
        if self._sampler is not None:
            self._save_assignment(epoch)

    def _save_assignment(self, epoch):
        assignment = self._sampler.assignment
        if not np.array_equal(assignment, self._saved_assignment):
            write_assignment(self._run.assignments, epoch, assignment)
            self._saved_assignment = assignment

    def on_epoch_end(self, epoch, logs=None):
        # TensorBoard, which is called after this, shows the logs.
        logs.update(self._seconds())
        values = {name: _number(value) for name, value in logs.items()}
        self._append({"epoch": epoch, **values})
        check_finite(self.model.get_weights(), f"after epoch {epoch}")
        self._save(self._run.last_model)
        before = self._state.best
        if self._is_new_best(epoch, logs):
            self._save_best()
            self._warn_of_bound(before)

    def _save_best(self):
        self._save(self._run.best_model)

    def _is_new_best(self, epoch, logs):
        """Whether an epoch is the best so far; the state learns of it then."""
        monitor, state = self._monitor, self._state
        if monitor is None:
            return False
        best = {monitor.tie_breaker: state.best_tie, monitor.name: state.best}
        if not monitor.is_chosen(logs, best):
            return False
        state.best = float(logs[monitor.name])
        state.best_tie = _number_or_none(logs.get(monitor.tie_breaker))
        state.best_epoch = epoch
        return True

    def _warn_of_bound(self, before):
        """Says once that the validation images cannot tell epochs apart."""
        monitor, best = self._monitor, self._state.best
        if not monitor.has_bound or best < 1 or (before or 0) >= 1:
            return
        logging.warning(
            "%s is 1 and cannot become better. Of such epochs that with the "
            "best %s is kept, and of equal ones the last. %s",
            *(monitor.name, monitor.tie_breaker, self._advice_on_bound()),
        )

    def _advice_on_bound(self):
        more = "hold out more classes: --validation_fraction."
        if self._monitor.name == self._monitor.tie_breaker:
            return more.capitalize()
        return f"Use --monitor=map_at_r, or {more}"

    def _seconds(self):
        seconds = {"seconds": time.perf_counter() - self._start}
        if self._wait:
            seconds["input_wait"] = self._wait.seconds - self._waited
        return seconds

    def _append(self, line):
        with open(self._run.log, "a", encoding="utf-8") as log:
            log.write(json_text(stamped(line)) + "\n")

    def _save(self, path):
        with replaced(path) as unfinished:
            self._to_save(self.model).save(unfinished)


def _number_or_none(value):
    return None if value is None or math.isnan(value) else float(value)


def _number(value):
    """What JSON can hold: a number, or lists of numbers."""
    return float(value) if np.ndim(value) == 0 else np.asarray(value).tolist()
