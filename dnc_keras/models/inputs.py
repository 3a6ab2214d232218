"""What a backbone takes."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Mapping

import tensorflow as tf

from dnc_keras.models.batch_norm import held

# What a property raises on a Keras model without inputs of its own.
_UNKNOWN = (AttributeError, NotImplementedError, RuntimeError, ValueError)
_SMALL_INTEGERS = (tf.int8, tf.uint8, tf.int16, tf.uint16)
_INTEGERS = (tf.int32, tf.uint32, tf.int64, tf.uint64)
_HALF_FLOATS = (tf.bfloat16, tf.float16)


def declared_inputs(backbone):
    """The inputs that a functional or built Sequential model names.

    Args:
        backbone: a Keras layer or model.

    Returns:
        A structure of `tf.TensorSpec` with an unknown batch size, or None
        where nothing is declared.
    """
    inputs = symbolic_inputs(backbone)
    return None if inputs is None else received_inputs(inputs)


def symbolic_inputs(backbone):
    """As `declared_inputs`, the symbolic tensors of Keras themselves."""
    inputs = _property(backbone, "input")
    if inputs is None:
        # A Sequential model of Keras 3 has a list of the one.
        inputs = (_property(backbone, "inputs") or [None])[0]
    return inputs


def declared_output_shape(backbone):
    """The shape of a model's output, or a structure of shapes, or None."""
    return _property(backbone, "output_shape")


def received_inputs(inputs):
    """As `declared_inputs`, of a batch that was given."""
    return tf.nest.map_structure(_spec, inputs)


def as_json(inputs):
    """Inputs as JSON can hold them.

    Args:
        inputs: a structure of `tf.TensorSpec`, or None.
    """
    if isinstance(inputs, Mapping):
        return {name: as_json(part) for name, part in inputs.items()}
    if isinstance(inputs, (list, tuple)):
        return [as_json(part) for part in inputs]
    if inputs is None:
        return None
    return {"shape": list(inputs.shape), "dtype": inputs.dtype.name}


def empty_batch(inputs):
    """One example of zeros, or of empty text.

    Args:
        inputs: what `as_json` returned.
    """
    if isinstance(inputs, list):
        return [empty_batch(part) for part in inputs]
    if isinstance(inputs.get("dtype"), str):
        return tf.zeros(
            [size or 1 for size in inputs["shape"]], inputs["dtype"]
        )
    return {name: empty_batch(part) for name, part in inputs.items()}


def as_tensors(inputs):
    """The same inputs as tensors, in plain dicts, lists and tuples.

    TensorFlow and Keras wrap those that they keep, and Keras 3 warns of them.
    """
    if isinstance(inputs, Mapping):
        return {name: as_tensors(part) for name, part in inputs.items()}
    if isinstance(inputs, (list, tuple)):
        parts = [as_tensors(part) for part in inputs]
        return tuple(parts) if isinstance(inputs, tuple) else parts
    return inputs if tf.is_tensor(inputs) else tf.convert_to_tensor(inputs)


def call_backbone(backbone, inputs, training, hold_batch_norm):
    """Calls a backbone on inputs of the types that it takes.

    Models that declare their inputs cast by themselves, as Keras does, and
    floats are cast by their layers. Of others nothing is known: integers of 8
    and 16 bits are pixels, and float32 numbers without rounding. Others are
    given as they are, so that no token id is rounded, unless the backbone
    refuses them.

    Args:
        backbone: a Keras layer or model.
        inputs: a structure of tensors.
        training: whether its layers behave as in training.
        hold_batch_norm: whether BatchNormalization layers do not.
    """
    kwargs = {}
    if "training" in inspect.signature(backbone.call).parameters:
        kwargs["training"] = training
    holding = held(backbone) if hold_batch_norm else contextlib.nullcontext()
    with holding:
        outputs = _call(backbone, inputs, kwargs)
    _check_not_rounded(inputs, declared_inputs(backbone))
    return outputs


def _call(backbone, inputs, kwargs):
    if declared_inputs(backbone) is not None:
        return backbone(inputs, **kwargs)
    inputs = _as_floats(inputs, _SMALL_INTEGERS)
    try:
        return backbone(inputs, **kwargs)
    except (TypeError, ValueError, tf.errors.OpError):
        if not any(x.dtype in _INTEGERS for x in tf.nest.flatten(inputs)):
            raise
        return backbone(_as_floats(inputs, _INTEGERS), **kwargs)


def _check_not_rounded(inputs, declared):
    """Refuses integers that a backbone declares as floats of 16 bits.

    A Sequential model of Keras 3 declares them so by itself, at its first call
    under a policy such as mixed_bfloat16.
    """
    flat = zip(tf.nest.flatten(inputs), tf.nest.flatten(declared))
    for given, spec in flat if declared is not None else ():
        if given.dtype in _INTEGERS and spec.dtype in _HALF_FLOATS:
            raise ValueError(
                "Integers must not be rounded to floats of 16 bits. Received: "
                f"{given.dtype.name} inputs of a backbone of {spec.dtype.name}."
                " Begin it with Input(shape, dtype='int32') for tokens, or "
                "give pixels as uint8 or floats."
            )


def _as_floats(inputs, types):
    return tf.nest.map_structure(
        lambda x: tf.cast(x, tf.float32) if x.dtype in types else x, inputs
    )


def _property(model, name):
    try:
        return getattr(model, name)
    except _UNKNOWN:
        return None


def _spec(tensor):
    if isinstance(tensor, tf.RaggedTensor):
        return tf.type_spec_from_value(tensor)
    return tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype)
