"""Resumes a plain `fit` that was ended anywhere."""

from __future__ import annotations

import tensorflow as tf
from absl import logging

from dnc_keras._keras import build_optimizer
from dnc_keras._keras import keras
from dnc_keras.callbacks.calling_fit import begin_fit_at
from dnc_keras.callbacks.calling_fit import call_first
from dnc_keras.callbacks.calling_fit import fellow_callbacks
from dnc_keras.callbacks.fit_run import FitRun
from dnc_keras.callbacks.fit_run import refuse_copy
from dnc_keras.callbacks.memory import remembered
from dnc_keras.callbacks.memory import remind
from dnc_keras.callbacks.recluster import Recluster
from dnc_keras.runs import Checkpoints
from dnc_keras.runs.model_state import restore_state
from dnc_keras.runs.model_state import state_of
from dnc_keras.support.checks import check_finite
from dnc_keras.support.prefixes import with_prefix
from dnc_keras.support.prefixes import without_prefix

_RECLUSTER = "recluster/"
_MEMORY = "memory/"


class Resume(keras.callbacks.Callback):
    """Saves a `fit` after each epoch, and resumes it in the next process.

    Run the same program again after it was killed, at whatever moment: it goes
    on with the first epoch that was not finished, to the same bits as if it
    had never been ended. Saved are the weights and the optimizer of any Keras
    model, the division and the epoch of `Recluster`, and what other callbacks
    remember: the best value so far of `ModelCheckpoint`, the patience of
    `EarlyStopping` and `ReduceLROnPlateau`, the `History` that `fit` returns.
    A run that is finished, or that a callback has stopped, trains nothing
    more; with more `epochs` a finished one is trained further.

    It may stand anywhere among the callbacks: it has itself called first. Use
    it instead of `BackupAndRestore`, and not with a tuner.

    The same bits need batches that are a function of the epoch, as those of
    `clustered_dataset` are. A dataset that is shuffled anew in each pass
    begins with the order of its first pass again. What layers draw, such as
    dropout, goes on with Keras 3; Keras 2 cannot save its generators, which a
    warning says.

    Args:
        run_dir: the folder of the run, made where it is not there: its
            `config.json` has the settings, `checkpoints/` the two newest
            states. `RunRecorder` may have the same.

    Raises:
        ValueError: if the folder holds a run of other settings or of another
            model, or another process writes it. Nothing is changed then.
        FloatingPointError: if a weight is NaN or infinite at the end of an
            epoch; the state before is kept.
        TypeError: if it is copied.

    Example:

    >>> resume = dnc_keras.callbacks.Resume("runs/shoes")
    >>> model.fit(batches, epochs=20, callbacks=[resume, divide])
    """

    def __init__(self, run_dir):
        super().__init__()
        self.run_dir = run_dir
        self._fit_run = FitRun(run_dir)
        self._checkpoints = Checkpoints(self._fit_run.directory.checkpoints)
        self._found = None
        self._next_epoch = None

    def __deepcopy__(self, memo):
        refuse_copy(self)

    def set_model(self, model):
        super().set_model(model)
        # So its `on_epoch_begin` lies between all that callbacks did at the
        # end of an epoch and what they do as the next one begins.
        call_first(self)
        self._fit_run.note(model)

    def on_train_begin(self, logs=None):
        self._others = [c for c in fellow_callbacks() if c is not self]
        self._check_alone()
        self._fit_run.begin(self.model, self.params["epochs"], resumes=True)
        self._next_epoch = None
        self._found = self._checkpoints.load()
        if self._found is not None:
            self._restore(*self._found)

    def on_epoch_begin(self, epoch, logs=None):
        if self._end_restoring() != epoch:
            self._save(epoch)

    def on_epoch_end(self, epoch, logs=None):
        self._next_epoch = epoch + 1

    def on_train_end(self, logs=None):
        self._end_restoring()
        if self._next_epoch is not None:
            self._save(self._next_epoch)

    def _end_restoring(self):
        """Does the rest, and returns the epoch if one was restored just now."""
        begin_fit_at(self.model, None)
        found, self._found = self._found, None
        if found is None:
            return None
        arrays, facts = found
        # Their `on_train_begin` has made them forget.
        remind(
            self._others, without_prefix(arrays, _MEMORY), facts["callbacks"]
        )
        return facts["epoch"]

    def _restore(self, arrays, facts):
        _build(self.model, facts["build"])
        restore_state(self.model, arrays)
        epoch, num_epochs = facts["epoch"], self.params["epochs"]
        division = without_prefix(arrays, _RECLUSTER)
        for callback in self._dividing() if division else ():
            callback.set_state(epoch, division)
        is_finished = facts["stopped"] or epoch >= num_epochs
        begin_fit_at(self.model, num_epochs if is_finished else epoch)
        if is_finished:
            logging.warning(
                "%s holds this run, which %s after %d epochs. Nothing is "
                "trained.",
                self.run_dir,
                "a callback stopped" if facts["stopped"] else "was finished",
                epoch,
            )

    def _save(self, epoch):
        if not _is_whole(self.model):
            return  # Keras builds some models in the first step.
        build_optimizer(self.model)
        arrays = state_of(self.model)
        check_finite(arrays.values(), f"before epoch {epoch}")
        for callback in self._dividing():
            # A first epoch that is not 0 has its clusters when it begins.
            if callback.sampler.epoch == epoch:
                arrays |= with_prefix(callback.get_state(), _RECLUSTER)
        kept, memory = remembered(self._others)
        facts = {
            "epoch": epoch,
            "stopped": self.model.stop_training,
            "build": _build_config(self.model),
            "callbacks": memory,
            "settings": self._fit_run.settings,
        }
        # Mirrored variables are no numbers.
        step = int(tf.convert_to_tensor(self.model.optimizer.iterations))
        arrays |= with_prefix(kept, _MEMORY)
        self._checkpoints.save(step, arrays, facts)

    def _dividing(self):
        return [c for c in self._others if isinstance(c, Recluster)]

    def _check_alone(self):
        others = (Resume, keras.callbacks.BackupAndRestore)
        for callback in self._others:
            if isinstance(callback, others):
                raise ValueError(
                    "A fit is resumed by one callback. Received: Resume and "
                    f"{type(callback).__name__}. Leave one of them out."
                )


def _is_whole(model):
    return model.built and all(layer.built for layer in model.layers)


def _build_config(model):
    """What `_build` needs, of the models that say it for JSON."""
    return model.get_build_config() if hasattr(model, "carried") else None


def _build(model, config):
    if config is not None and not _is_whole(model):
        model.build_from_config(config)
    if not _is_whole(model):
        raise ValueError(
            "A model needs its weights before it is resumed. Received: a "
            f"{type(model).__name__} that is not built. Call it on a batch "
            "before fit."
        )
    build_optimizer(model)
