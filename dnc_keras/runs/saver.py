"""Saves the state of a training, so that it can go on after any end."""

from __future__ import annotations

import dataclasses

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.runs.model_state import restore_metrics
from dnc_keras.runs.model_state import restore_state
from dnc_keras.runs.model_state import state_of
from dnc_keras.support.checks import check_finite
from dnc_keras.support.prefixes import with_prefix
from dnc_keras.support.prefixes import without_prefix

_RECLUSTER = "recluster/"


class Saver(keras.callbacks.Callback):
    """Saves weights, optimizer, clusters and progress in one checkpoint.

    Put it last among the callbacks: what they did in an epoch is saved with
    it.

    Args:
        checkpoints: the `Checkpoints`.
        state: the `RunState`, whose epoch and step this callback sets.
        recluster: the `Recluster` callback.
        seconds: function that returns the seconds to save.
        settings: those of the run, a dict, in case its `config.json` is lost.
        every: steps between two checkpoints within an epoch; 0: there is one
            after each epoch.
        interruption: the `Interruption` that may ask to save and stop.
    """

    def __init__(
        self,
        checkpoints,
        state,
        recluster,
        seconds,
        settings,
        every,
        interruption,
    ):
        super().__init__()
        self._checkpoints = checkpoints
        self._state = state
        self._recluster = recluster
        self._seconds = seconds
        self._settings = settings
        self._every = every
        self._interruption = interruption
        self._restored = None

    def restore(self, model):
        """Goes back to the newest checkpoint, if there is one.

        Args:
            model: the compiled model, as it was at the start of the run.

        Returns:
            Whether there was one.

        Raises:
            ValueError: for the state of another model.
        """
        found = self._checkpoints.load()
        if found is None:
            return False
        arrays, facts = found
        self._state.replace(facts)
        restore_state(model, arrays)
        self._recluster.set_state(
            self._state.epoch, without_prefix(arrays, _RECLUSTER)
        )
        self._restored = arrays
        return True

    def on_train_begin(self, logs=None):
        if self._restored is None:
            self._save()

    def on_epoch_begin(self, epoch, logs=None):
        if self._restored and self._state.step:
            # Keras has just forgotten the mean loss of the steps before.
            restore_metrics(self.model, self._restored)
        self._restored = None

    def on_train_batch_end(self, batch, logs=None):
        self._state.step += 1
        if self._state.step == self.params["steps"]:
            return  # The end of the epoch belongs to its last step.
        is_time = self._every and self._state.step % self._every == 0
        if is_time or self._interruption.is_due:
            self._save()
        self._stop_if_due()

    def on_epoch_end(self, epoch, logs=None):
        self._state.epoch, self._state.step = epoch + 1, 0
        self._state.stopped = self.model.stop_training
        self._save()
        self._stop_if_due()

    def _stop_if_due(self):
        if self._interruption.is_due:
            self._interruption.stop()

    def _save(self):
        arrays = {
            **state_of(self.model),
            **with_prefix(self._recluster.get_state(), _RECLUSTER),
        }
        state = self._state
        check_finite(
            arrays.values(), f"in epoch {state.epoch} after step {state.step}"
        )
        state.seconds = self._seconds()
        # Mirrored variables are no numbers.
        step = int(tf.convert_to_tensor(self.model.optimizer.iterations))
        facts = {**dataclasses.asdict(state), "settings": self._settings}
        self._checkpoints.save(step, arrays, facts)
