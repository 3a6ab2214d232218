"""Adds up the seconds that something takes."""

from __future__ import annotations

import contextlib
import time


class Stopwatch:
    """Runs in the contexts of `running`, and can be read at any time."""

    def __init__(self):
        self._ended = 0.0
        self._start = None

    @contextlib.contextmanager
    def running(self):
        """A context that is timed."""
        self._start = time.perf_counter()
        try:
            yield
        finally:
            self._ended, self._start = self.total, None

    @property
    def total(self):
        """Seconds so far."""
        if self._start is None:
            return self._ended
        return self._ended + time.perf_counter() - self._start
