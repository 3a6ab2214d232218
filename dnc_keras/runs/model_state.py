"""A model in training as arrays: weights, optimizer and running metrics."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from absl import logging

from dnc_keras._keras import optimizer_variables
from dnc_keras._keras import raw_variables
from dnc_keras._keras import unsaved_random_layers

_VARIABLE = "variable/{:04d}"
_METRIC = "metric/{:04d}"
_LEARNING_RATE = "learning_rate/{}"


def state_of(model) -> dict:
    """Returns all that a compiled and built model trains on from.

    Args:
        model: a Keras model.

    Returns:
        A dict of names and arrays.
    """
    return {
        **_arrays(_variables(model), _VARIABLE),
        **_arrays(_metric_variables(model), _METRIC),
        **_arrays(_learning_rate(model), _LEARNING_RATE),
    }


def restore_state(model, arrays):
    """Gives a model what `state_of` returned, but for the running metrics.

    What random layers of Keras 2 draw cannot be saved, which is told in a
    warning.

    Args:
        model: the same model, compiled and built.
        arrays: a dict that has these arrays, and perhaps others.

    Raises:
        ValueError: for the state of another model.
    """
    _assign(_variables(model), arrays, _VARIABLE)
    layers = unsaved_random_layers(model)
    if layers:
        logging.warning(
            "The training goes on, but not to the same bits: Keras 2 does not "
            "save the random generators of the layers %s.",
            ", ".join(layers),
        )
    # Earlier versions did not save it.
    if _LEARNING_RATE.format(0) in arrays:
        _assign(_learning_rate(model), arrays, _LEARNING_RATE)


def restore_metrics(model, arrays):
    """Gives a model the means over the steps of its epoch so far.

    Args:
        model, arrays: as for `restore_state`.
    """
    _assign(_metric_variables(model), arrays, _METRIC)


def _variables(model):
    # `variables` and not `weights`: on Keras 3 they hold the states of random
    # generators, too.
    return raw_variables(model) + optimizer_variables(model.optimizer)


def _learning_rate(model):
    """The one that callbacks change; Keras 2 lists it nowhere else."""
    rates = raw_variables([getattr(model.optimizer, "learning_rate", None)])
    # A schedule is none.
    return [rate for rate in rates if isinstance(rate, tf.Variable)]


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
            "of variables. Resume with the TensorFlow, Keras and model that "
            "began the run, or use another run_dir."
        )
    for variable, saved in zip(variables, names):
        # The type of 16 bits that NumPy does not have loses its name in files.
        variable.assign(arrays[saved].view(variable.dtype.as_numpy_dtype))
