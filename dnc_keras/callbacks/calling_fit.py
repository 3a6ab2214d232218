"""The `fit` that is calling a callback: its callbacks, data, first epoch."""

from __future__ import annotations

from dnc_keras._keras import callers
from dnc_keras._keras import keras


def fellow_callbacks():
    """Returns the callbacks of the `fit` that is calling one of them now.

    Keras does not say to a callback which others there are.

    Returns:
        A list, in the order in which they are called; empty outside `fit`.
    """
    calling = _calling_list()
    return [] if calling is None else list(calling.callbacks)


def call_first(callback, others=None):
    """Has a callback called before others from now on.

    Args:
        callback: one that `fit` is calling now.
        others: function from another callback to whether it is meant. None:
            all are.
    """

    def place_among(callbacks, now):
        is_meant = others or (lambda callback: True)
        places = [n for n, each in enumerate(callbacks) if is_meant(each)]
        return min([now, *places])

    _move(callback, place_among)


def call_last(callback):
    """Has a callback called after all others from now on.

    Args:
        callback: one that `fit` is calling now.
    """
    _move(callback, lambda callbacks, now: len(callbacks))


def _move(callback, place_among):
    calling = _calling_list()
    if calling is None:
        return
    others = [each for each in calling.callbacks if each is not callback]
    place = place_among(others, calling.callbacks.index(callback))
    # A new list: Keras is in a loop over the old one.
    calling.callbacks = [*others[:place], callback, *others[place:]]


def fitted_data(model):
    """Returns the data of the `fit` that is calling one of its callbacks now.

    Args:
        model: the Keras model.

    Returns:
        What `fit` was given first; None outside `fit`.
    """
    for frame in callers():
        is_fit = frame.f_code.co_name == "fit"
        if is_fit and frame.f_locals.get("self") is model:
            return frame.f_locals.get("x")
    return None


def _calling_list():
    """The `CallbackList` whose method has led here, or None."""
    for frame in callers():
        caller = frame.f_locals.get("self")
        if isinstance(caller, keras.callbacks.CallbackList):
            return caller
    return None


class _Beginning:
    """What Keras 2 asks for the first epoch of a `fit` that is resumed."""

    def __init__(self, epoch):
        self._epoch = epoch

    def maybe_load_initial_counters_from_ckpt(self, steps, epoch, mode):
        return self._epoch, 0


def begin_fit_at(model, epoch):
    """Sets the first epoch of a `fit` that is calling `on_train_begin` now.

    By the attributes that `BackupAndRestore` of each Keras uses.

    Args:
        model: the Keras model.
        epoch: the epoch. None: the `initial_epoch` of `fit`, which must be set
            again before the next `fit`.
    """
    if hasattr(model, "_training_state"):
        state = None if epoch is None else _Beginning(epoch)
        model._training_state = state
    else:
        model._initial_epoch = epoch
