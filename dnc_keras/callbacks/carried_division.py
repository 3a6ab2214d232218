"""The division of the images in a model's own checkpoints."""

from __future__ import annotations

from absl import logging


class CarriedDivision:
    """Brings a division from a checkpoint to the epoch that goes on with it.

    Whether a callback such as `BackupAndRestore` saves and restores before
    `Recluster` does its work or after it, the checkpoint says for which epoch
    its division is.
    """

    def __init__(self):
        self._found = None

    def attach(self, model, current):
        """Saves with a model what `current()` returns, and takes it back.

        Args:
            model: a `DivideAndConquer`; others carry nothing.
            current: function that returns (epoch, assignment as a list).
        """
        if hasattr(model, "carried"):
            model.carried.save = current
            model.carried.restore = self._take

    def detach(self, model):
        """Ends that: between two trainings a checkpoint is one of weights."""
        if hasattr(model, "carried"):
            model.carried.save = model.carried.restore = None

    def _take(self, found):
        self._found = found

    @property
    def is_there(self):
        """Whether a division came from a checkpoint and waits for its epoch."""
        return self._found is not None

    def take_for(self, epoch):
        """(epoch, assignment) to begin an epoch with, or None.

        The epoch of the division is the one to begin with, or the one before,
        after which the images may have to be clustered again.
        """
        found, self._found = self._found, None
        if found is None:
            return None
        if found[0] is not None and epoch - found[0] in (0, 1):
            return found
        if epoch:
            logging.warning(
                "The clusters that epoch %d goes on with are lost: the images "
                "are clustered anew. Use callbacks.Resume to go on exactly.",
                epoch,
            )
        return None
