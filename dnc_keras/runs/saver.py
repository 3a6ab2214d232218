"""Saves the state of a training, so that it can go on after any end."""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras._keras import optimizer_variables
from dnc_keras._keras import raw_variables
from dnc_keras.support.checks import check_finite

_VARIABLE = "variable/{:04d}"
_METRIC = "metric/{:04d}"
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
        every: steps between two checkpoints within an epoch; 0: there is one
            after each epoch.
        interruption: the `Interruption` that may ask to save and stop.
    """

    def __init__(
        self, checkpoints, state, recluster, seconds, every, interruption
    ):
        super().__init__()
        self._checkpoints = checkpoints
        self._state = state
        self._recluster = recluster
        self._seconds = seconds
        self._every = every
        self._interruption = interruption
        self._restored = None

    def restore(self, model):
        """Goes back to the newest checkpoint, if there is one.

        Args:
            model: the compiled model, as it was at the start of the run.

        Raises:
            ValueError: for the state of another model.
        """
        found = self._checkpoints.load()
        if found is None:
            return
        arrays, facts = found
        self._state.replace(facts)
        _assign(_variables(model), arrays, _VARIABLE)
        self._recluster.set_state(
            self._state.epoch, _without_prefix(arrays, _RECLUSTER)
        )
        self._restored = arrays

    def on_train_begin(self, logs=None):
        if self._restored is None:
            self._save()

    def on_epoch_begin(self, epoch, logs=None):
        if self._restored and self._state.step:
            # Keras has just forgotten the mean loss of the steps before.
            _assign(_metric_variables(self.model), self._restored, _METRIC)
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
            **_arrays(_variables(self.model), _VARIABLE),
            **_arrays(_metric_variables(self.model), _METRIC),
            **_with_prefix(self._recluster.get_state(), _RECLUSTER),
        }
        state = self._state
        check_finite(
            arrays.values(), f"in epoch {state.epoch} after step {state.step}"
        )
        state.seconds = self._seconds()
        # Mirrored variables are no numbers.
        step = int(tf.convert_to_tensor(self.model.optimizer.iterations))
        self._checkpoints.save(step, arrays, dataclasses.asdict(state))


def _variables(model):
    # `variables` and not `weights`: on Keras 3 they hold the states of random
    # generators, too.
    return raw_variables(model) + optimizer_variables(model.optimizer)


def _metric_variables(model):
    return [v for metric in model.metrics for v in raw_variables(metric)]


def _arrays(variables, name):
    return {
        name.format(number): np.asarray(tf.convert_to_tensor(variable))
        for number, variable in enumerate(variables)
    }


def _assign(variables, arrays, name):
    names = [name.format(number) for number in range(len(variables))]
    shapes = [arrays[n].shape if n in arrays else None for n in names]
    expected = [tuple(variable.shape) for variable in variables]
    if shapes != expected or name.format(len(variables)) in arrays:
        raise ValueError(
            "A checkpoint must be of the same model. Received: other shapes "
            "of variables. Go on with the TensorFlow and Keras that began the "
            "run, or use another --run_dir."
        )
    for variable, saved in zip(variables, names):
        variable.assign(arrays[saved])


def _with_prefix(arrays, prefix):
    return {prefix + name: value for name, value in arrays.items()}


def _without_prefix(arrays, prefix):
    return {
        name[len(prefix) :]: value
        for name, value in arrays.items()
        if name.startswith(prefix)
    }
