"""Calls `fit` once an epoch, as one training."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras


class Fitting(keras.callbacks.CallbackList):
    """The callbacks of a training that calls `fit` for each epoch.

    So an epoch may begin in its middle, where a run goes on. The callbacks
    see one training: it begins and ends once.

    Args:
        callbacks: Keras callbacks. One of them counts `state.epoch` on.
        model: the compiled model.
        state: the `RunState`.
        num_epochs: of the whole training.
        num_steps: of an epoch.
    """

    def __init__(self, callbacks, model, state, num_epochs, num_steps):
        super().__init__(
            callbacks,
            add_history=True,
            model=model,
            verbose=0,
            epochs=num_epochs,
            steps=num_steps,
            first_step=state.epoch * num_steps + state.step,
        )
        self._model_to_fit = model
        self._state = state
        self._num_epochs = num_epochs
        self._num_steps = num_steps

    def run(self, batches_from):
        """Trains all epochs that are left.

        Args:
            batches_from: function from the first step of an epoch to its
                `tf.data.Dataset`.
        """
        super().on_train_begin()
        state = self._state
        while state.epoch < self._num_epochs and not state.stopped:
            batches = batches_from(state.step)
            self._model_to_fit.fit(
                batches,
                initial_epoch=state.epoch,
                epochs=state.epoch + 1,
                steps_per_epoch=self._steps_of(batches),
                shuffle=False,
                verbose=0,
                callbacks=self,
            )
        super().on_train_end()

    def _steps_of(self, batches):
        """What `fit` must be told, as batches of several workers do not."""
        if isinstance(batches, tf.data.Dataset):
            return None
        return self._num_steps - self._state.step

    def on_train_begin(self, logs=None):
        """Not that of `fit`."""

    def on_train_end(self, logs=None):
        """Not that of `fit`."""
