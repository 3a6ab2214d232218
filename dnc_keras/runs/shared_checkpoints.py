"""Checkpoints that one worker has and all go on from."""

from __future__ import annotations


class SharedCheckpoints:
    """The checkpoints of the chief, for all workers.

    All of them call both methods: what is saved is the same everywhere, and
    some of it can only be read together.

    Args:
        checkpoints: the `Checkpoints`, used by the chief alone.
        workers: a `OneWorker`, or the like for several.
    """

    def __init__(self, checkpoints, workers):
        self._checkpoints = checkpoints
        self._workers = workers

    def save(self, step, arrays, facts):
        """As `Checkpoints.save`."""
        if self._workers.is_chief:
            self._checkpoints.save(step, arrays, facts)

    def load(self):
        """As `Checkpoints.load`."""
        return self._workers.on_chief(self._checkpoints.load)
