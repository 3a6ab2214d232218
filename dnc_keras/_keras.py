"""The Keras in use: `tf.keras`, whichever Keras stands behind it.

`tf.keras` is Keras 2.15 on TensorFlow 2.15, Keras 3 on newer ones, and
`tf_keras` where the user set `TF_USE_LEGACY_KERAS=1`. Every module takes
`keras` from here, and importing this one says in a sentence what to install
where that cannot work.
"""

import contextlib
import importlib
import platform
import sys

from dnc_keras.version import __version__

_INSTALL = (
    'Run `pip install "dnc-keras[tensorflow]"`, or "dnc-keras[legacy]" where '
    "you set TF_USE_LEGACY_KERAS=1."
)


def _import_tensorflow():
    try:
        tensorflow = importlib.import_module("tensorflow")
        # `tf.keras` is lazy: only an attribute of it is sure to import it.
        tensorflow.keras.backend
    except ImportError as error:
        raise ImportError(
            "dnc_keras needs TensorFlow >= 2.15 with its Keras. "
            f"Received: {str(error).rstrip('.')}. {_INSTALL}"
        ) from error
    return tensorflow


def _check_version(tensorflow):
    major, minor = tensorflow.__version__.split(".")[:2]
    if (int(major), int(minor)) < (2, 15):
        raise ImportError(
            "dnc_keras needs TensorFlow >= 2.15 with its Keras. "
            f"Received: TensorFlow {tensorflow.__version__}. {_INSTALL}"
        )


def _check_backend(keras):
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise ImportError(
            "dnc_keras needs the TensorFlow backend of Keras. Received: "
            f"backend={backend!r}. Set KERAS_BACKEND=tensorflow."
        )


tf = _import_tensorflow()
_check_version(tf)
keras = tf.keras
_check_backend(keras)


def keras_version():
    """Returns the package behind `tf.keras` with its version: `keras 3.6.0`."""
    # `tf.keras.__version__` exists with Keras 3 only.
    package = keras.Model.__module__.partition(".")[0]
    return f"{package} {importlib.import_module(package).__version__}"


def versions():
    """Returns a dict of the versions that a result was made with."""
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras_version(),
        "dnc_keras": __version__,
    }


def check_same_keras(layer, name):
    """Raises TypeError unless `layer` is a layer or model of `tf.keras`.

    One of another Keras can be called inside a model without an error, but its
    variables are not tracked: it would never be trained, saved or exported.

    Args:
        layer: the object to check.
        name: what the caller calls it, for the message.
    """
    if isinstance(layer, keras.layers.Layer):
        return
    received = f"{type(layer).__module__}.{type(layer).__qualname__}"
    raise TypeError(
        f"{name} must be a layer or model of tf.keras, here {keras_version()}. "
        f"Received: a {received}. Build it with tf.keras; "
        "TF_USE_LEGACY_KERAS=1 decides whether that is keras or tf_keras."
    )


def check_no_twin():
    """Raises ValueError where keras 2 and tf_keras are both imported.

    TensorFlow keeps the classes of both under the same names: a model would be
    opened with those of the other one, and that may never end.
    """
    versions = {
        name: getattr(sys.modules.get(name), "__version__", "")
        for name in ("keras", "tf_keras")
    }
    if all(version.startswith("2.") for version in versions.values()):
        told = " and ".join(f"{n} {version}" for n, version in versions.items())
        raise ValueError(
            f"Only one Keras 2 can open models in a process. Received: {told}. "
            "Import one of them alone."
        )


def all_layers(layer):
    """Returns a layer and all layers in it, at any depth, as a list.

    Args:
        layer: a Keras layer or model.
    """
    # Private, but on every Keras, and the one way that sees the parts of a
    # layer that is not a model.
    return list(layer._flatten_layers())


@contextlib.contextmanager
def dtype_policy(name):
    """A context whose layers get a dtype policy, such as "mixed_bfloat16".

    Args:
        name: what Keras calls the policy; "" changes nothing.
    """
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(name or before)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)


def raw_variables(variables):
    """Returns `variables` as a list of `tf.Variable`, on every Keras.

    Args:
        variables: a list of variables, or a layer, model, metric or optimizer,
            whose `variables` are meant.
    """
    variables = getattr(variables, "variables", variables)
    if callable(variables):  # Optimizers of Keras before 2.11.
        variables = variables()
    # A variable of Keras 2 is a `tf.Variable`, where `value` is a method; one
    # of Keras 3 holds a `tf.Variable` in the property `value`. The vocabulary
    # of a text layer of Keras 2 stands among them, and is neither.
    return [
        v if isinstance(v, tf.Variable) else v.value
        for v in variables
        if hasattr(v, "value")
    ]


def lookup_tables(model):
    """Returns the tables of text layers, which are not variables, as a list.

    Args:
        model: a Keras model.
    """
    return [
        part
        for layer in all_layers(model)
        for part in vars(layer).values()
        if isinstance(part, tf.saved_model.experimental.TrackableResource)
    ]


def unsaved_random_layers(model):
    """Returns the names of layers whose random state Keras does not save.

    Those of Keras 2 have a generator that is not among the variables.

    Args:
        model: a Keras model.
    """
    return [
        layer.name
        for layer in all_layers(model)
        if hasattr(layer, "_random_generator")
    ]


def build_optimizer(model):
    """Makes all that the optimizer of a built model will remember.

    Args:
        model: a compiled Keras model.
    """
    optimizer, variables = model.optimizer, model.trainable_variables
    if not hasattr(optimizer, "build"):
        # Of Keras before 2.11, and of tensorflow-addons.
        optimizer._create_all_weights(variables)
    elif not getattr(optimizer, "built", False):
        optimizer.build(variables)


def optimizer_variables(optimizer):
    """Returns all that an optimizer remembers, as a list of `tf.Variable`.

    Args:
        optimizer: a Keras optimizer.
    """
    # Keras 2 does not list by what the loss of float16 networks is scaled.
    scale = getattr(optimizer, "_loss_scale", None)
    scaling = [scale.current_loss_scale, scale.counter] if scale else []
    return raw_variables(optimizer) + scaling


def is_writing_h5():
    """Whether Keras 3 is writing a file in the format of Keras 1.

    The function `keras.saving.save_model` does, without asking the model.
    """
    names = (frame.f_code.co_name for frame in callers())
    return "save_model_to_hdf5" in names


def callers():
    """Yields the frames that have led here, the nearest first."""
    frame = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back
