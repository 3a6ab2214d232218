"""Measures how long a training run waits for its batches."""

from __future__ import annotations

import time

import tensorflow as tf


class WaitClock:
    """Adds up how long a training waits for its batches.

    Not a `Stopwatch`: a wait begins and ends at two places of a `tf.data`
    pipeline, which no context can join.

    Attributes:
        seconds: all that was waited so far.
    """

    def __init__(self):
        self.seconds = 0.0

    def time(self, dataset):
        """Returns `dataset`, whose elements are timed as they are taken."""
        # `zip` takes from the first, then from the second: the stamp is made
        # when a batch is asked for. Nothing may be prefetched behind it. It is
        # Python's, as `tf.timestamp` follows a clock that may be set back.
        asked = tf.data.Dataset.range(tf.int64.max).map(
            lambda _: tf.numpy_function(time.perf_counter, [], tf.float64)
        )
        return tf.data.Dataset.zip((asked, dataset)).map(self._stop)

    def _stop(self, asked, element):
        tf.numpy_function(self._add, [asked], [])
        return element

    def _add(self, asked):
        self.seconds += time.perf_counter() - float(asked)
