"""Tests of `dnc_keras._keras`, each failure in a process of its own."""

import os
import subprocess
import sys
import types

import pytest
import tensorflow as tf

from dnc_keras import _keras

_BLOCK = """
import importlib.abc
import sys

class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocked())
"""

_OLD_TENSORFLOW = """
import sys
import types

keras = types.SimpleNamespace(backend=None)
old = types.SimpleNamespace(__version__="2.14.1", keras=keras)
sys.modules["tensorflow"] = old
"""

_IMPORT = """
try:
    import dnc_keras._keras
except ImportError as error:
    print(error)
"""

_FOREIGN_LAYER = """
import importlib
from dnc_keras import _keras

layer = importlib.import_module({other!r}).layers.Dense(3)
try:
    _keras.check_same_keras(layer, "backbone")
except TypeError as error:
    print(error)
"""


_TWINS = """
import importlib
from dnc_keras import _keras
for name in ("keras", "tf_keras"):
    importlib.import_module(name)
try:
    _keras.check_no_twin()
except ValueError as error:
    print(error)
"""


def _message(setup, **environment):
    """Returns the words of the ImportError that `dnc_keras._keras` raises."""
    return _output(setup + _IMPORT, **environment)


def _output(code, **environment):
    """Returns what Python prints in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()


def _dense(keras):
    layer = keras.layers.Dense(3)
    layer.build((None, 2))
    return layer


def _advice(received):
    return (
        "dnc_keras needs TensorFlow >= 2.15 with its Keras. Received: "
        f'{received}. Run `pip install "dnc-keras[tensorflow]"`, or '
        '"dnc-keras[legacy]" where you set TF_USE_LEGACY_KERAS=1.'
    )


def test_missing_tensorflow_says_what_to_install():
    message = _message(_BLOCK.format(names=["tensorflow"]))
    assert message == _advice("No module named 'tensorflow'")


def test_old_tensorflow_says_what_to_install():
    assert _message(_OLD_TENSORFLOW) == _advice("TensorFlow 2.14.1")


@pytest.mark.parametrize("legacy", ["0", "1"])
def test_missing_keras_says_what_to_install(legacy):
    message = _message(
        _BLOCK.format(names=["keras", "tf_keras"]), TF_USE_LEGACY_KERAS=legacy
    )
    received = message.partition("Received: ")[2].partition(". Run")[0]
    assert "keras" in received.lower()
    assert message == _advice(received)


def test_another_backend_of_keras_is_refused():
    backend = types.SimpleNamespace(backend=lambda: "jax")
    with pytest.raises(ImportError, match="Set KERAS_BACKEND=tensorflow"):
        _keras._check_backend(types.SimpleNamespace(backend=backend))


def test_keras_version_names_the_package():
    package, version = _keras.keras_version().split()
    assert package in ("keras", "tf_keras")
    assert int(version.split(".")[0]) in (2, 3)


def test_layers_and_models_of_tf_keras_are_accepted():
    layer = _dense(tf.keras)
    _keras.check_same_keras(layer, "backbone")
    _keras.check_same_keras(tf.keras.Sequential([layer]), "backbone")


def test_a_layer_of_another_keras_is_refused():
    package = _keras.keras_version().split()[0]
    other = "tf_keras" if package == "keras" else "keras"
    # In a process of its own: two Keras 2 share names within TensorFlow.
    message = _output(_FOREIGN_LAYER.format(other=other)).strip()
    assert message.startswith("backbone must be a layer or model of tf.keras")
    assert f"Received: a {other}.src." in message
    assert "TF_USE_LEGACY_KERAS=1" in message
    assert "\n" not in message


def test_two_keras_2_are_refused_where_models_are_opened():
    told = _output(_TWINS).strip()
    if _keras.keras_version() == "keras 2.15.0":
        assert told.startswith("Only one Keras 2 can open models in a process.")
        assert "Received: keras 2.15.0 and tf_keras 2." in told
    else:
        assert told == ""


def test_an_object_that_is_no_layer_is_refused():
    with pytest.raises(TypeError, match=r"Received: a builtins\.str\."):
        _keras.check_same_keras("resnet50", "backbone")


def test_raw_variables_are_those_of_the_layer():
    layer = _dense(tf.keras)
    kernel, bias = _keras.raw_variables(layer)
    assert isinstance(kernel, tf.Variable)
    assert isinstance(bias, tf.Variable)
    kernel.assign([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    bias.assign([7.0, 8.0, 9.0])
    assert layer(tf.ones([1, 2])).numpy().tolist() == [[12.0, 15.0, 18.0]]


def test_raw_variables_take_a_list():
    layer = _dense(tf.keras)
    kernel, _ = _keras.raw_variables(layer)
    assert _keras.raw_variables(layer.trainable_variables)[0] is kernel


def test_raw_variables_of_a_strategy_hold_every_replica(two_replicas):
    with two_replicas.scope():
        layer = _dense(tf.keras)
    kernel, _ = _keras.raw_variables(layer)
    assert len(two_replicas.experimental_local_results(kernel)) == 2
