"""Ends a training whose loss is no number any more."""

from __future__ import annotations

import math

from dnc_keras._keras import keras


class StopOnNaN(keras.callbacks.Callback):
    """Raises as soon as the loss is NaN or infinite.

    Unlike Keras' `TerminateOnNaN` it ends the training before the epoch does,
    so no callback saves the broken weights.

    Raises:
        FloatingPointError: with the epoch and the step.
    """

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            raise FloatingPointError(
                "The loss must be a finite number. Received: "
                f"loss={float(loss)} in epoch {self._epoch}, step {batch}. "
                "Lower the learning rate, or look for broken images."
            )
