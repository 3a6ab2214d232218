"""A bar for a whole training."""

from __future__ import annotations

import tqdm

from dnc_keras._keras import keras


class ProgressBar(keras.callbacks.Callback):
    """Shows epoch, loss and time left on one line; nothing off a terminal.

    One bar for all epochs, unlike Keras' own: the time left is that of the
    training. Epochs count from 0, as in all that a run leaves.
    """

    def on_train_begin(self, logs=None):
        self._bar = tqdm.tqdm(
            total=self.params["epochs"] * self.params["steps"],
            initial=self.params.get("first_step", 0),
            unit="step",
            disable=None,
        )

    def on_epoch_begin(self, epoch, logs=None):
        last = self.params["epochs"] - 1
        self._bar.set_description(f"epoch {epoch} of 0 to {last}")

    def on_train_batch_end(self, batch, logs=None):
        self._bar.set_postfix(loss=f"{float(logs['loss']):.3f}", refresh=False)
        self._bar.update()

    def on_train_end(self, logs=None):
        self._bar.close()
