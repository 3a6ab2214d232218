"""Lets a process finish what it is at before a signal ends it."""

from __future__ import annotations

import contextlib
import signal
import threading

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(Exception):
    """Work was stopped by a signal, and nothing was lost.

    Args:
        signal_number: what stopped it.
        advice: how to go on.
    """

    def __init__(self, signal_number, advice):
        name = signal.Signals(signal_number).name
        super().__init__(f"Stopped by {name}. {advice}")
        self.signal_number = signal_number


class Interruption:
    """Turns SIGINT and SIGTERM into an `Interrupted` at a good moment.

    Args:
        advice: tells how to go on, for the message.
    """

    def __init__(self, advice):
        self._advice = advice
        self._received = None
        self._can_wait = False

    @contextlib.contextmanager
    def handled(self):
        """A context in which signals raise `Interrupted`.

        Other threads than the main one cannot handle signals: nothing changes
        there.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in SIGNALS}
        try:
            for number, handler in before.items():
                # A shell lets jobs in the background ignore SIGINT.
                if handler is not signal.SIG_IGN:
                    signal.signal(number, self._receive)
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def deferred(self):
        """A context in which the first signal waits for `is_due`."""
        self._can_wait = True
        try:
            yield
        finally:
            self._can_wait = False

    @property
    def is_due(self):
        """Whether a signal waits, so that it is time to save and `stop`."""
        return self._received is not None

    def stop(self):
        """Raises `Interrupted`."""
        raise Interrupted(self._received, self._advice)

    def _receive(self, number, frame):
        is_second = self.is_due
        self._received = number
        if is_second or not self._can_wait:
            self.stop()
