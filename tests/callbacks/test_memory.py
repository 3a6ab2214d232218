"""What callbacks remember survives a file, and nothing else is touched."""

import json
import types

import numpy as np
import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.callbacks.memory import remembered
from dnc_keras.callbacks.memory import remind


def _patient(**changes):
    callback = keras.callbacks.EarlyStopping("loss", patience=2)
    vars(callback).update(changes)
    return callback


def _through_a_file(callbacks, others):
    arrays, facts = remembered(callbacks)
    remind(others, arrays, json.loads(json.dumps(facts)))


def test_values_of_numpy_and_tensorflow_come_back_as_numbers():
    weights = [np.ones([2, 3]), np.float32(5.0)]
    before = _patient(
        best=np.float32(0.1),
        best_epoch=np.int64(3),
        wait=tf.constant(1),
        best_weights=weights,
    )
    after = _patient()
    _through_a_file([before], [after])
    assert (after.best, after.best_epoch) == (np.float32(0.1), 3)
    assert after.wait == 1
    np.testing.assert_equal(after.best_weights, weights)
    assert after.patience == 2


def test_two_of_a_kind_are_kept_apart():
    befores = [_patient(wait=1), keras.callbacks.History(), _patient(wait=2)]
    befores[1].history = {"loss": [np.float32(0.5), 0.25]}
    afters = [_patient(wait=0), keras.callbacks.History(), _patient(wait=0)]
    _through_a_file(befores, afters)
    assert [afters[0].wait, afters[2].wait] == [1, 2]
    assert afters[1].history == {"loss": [0.5, 0.25]}


def test_what_json_cannot_hold_is_left_as_it_is():
    table = types.SimpleNamespace()
    before, after = _patient(best=table, wait=2), _patient(best=0.5)
    before.results = np.ones([3, 3])
    _through_a_file([before], [after])
    assert (after.best, after.wait) == (0.5, 2)
    assert not hasattr(after, "results")
