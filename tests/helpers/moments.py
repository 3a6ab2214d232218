"""Something that happens in a moment of a training."""

from dnc_keras._keras import keras


class At(keras.callbacks.Callback):
    """Does something in a moment of a training."""

    def __init__(self, action, epoch, batch=None):
        super().__init__()
        self._action = action
        self._moment = (epoch, batch)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self._act_at(self._epoch, batch)

    def on_epoch_end(self, epoch, logs=None):
        self._act_at(epoch, None)

    def _act_at(self, *moment):
        if moment == self._moment:
            self._action()
