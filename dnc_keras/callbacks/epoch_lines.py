"""A line an epoch, where a bar cannot be seen."""

from __future__ import annotations

import time

from dnc_keras._keras import keras
from dnc_keras.metrics.names import PREFIX
from dnc_keras.metrics.names import short_name
from dnc_keras.support import progress
from dnc_keras.support.durations import duration

_SHOWN = ("loss", f"{PREFIX}recall_at_1", f"{PREFIX}map_at_r")


class EpochLines(keras.callbacks.Callback):
    """Says what an epoch reached, where a program shows lines.

    Epochs count from 0, as in all that a run leaves. It stands behind the
    callbacks that add to the logs.
    """

    def on_train_begin(self, logs=None):
        self._begin = time.monotonic()
        self._num = 0

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        now = time.monotonic()
        self._num += 1
        num_left = self.params["epochs"] - epoch - 1
        left = (now - self._begin) / self._num * num_left
        values = [
            f"{short_name(name)} {float(logs[name]):.4f}"
            for name in _SHOWN
            if logs and logs.get(name) is not None
        ]
        last = self.params["epochs"] - 1
        words = [f"epoch {epoch} of 0 to {last}", *values]
        words.append(duration(now - self._start))
        if num_left:
            words.append(f"{duration(left)} left")
        progress.tell("  ".join(words))
