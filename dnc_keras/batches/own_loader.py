"""Whether a user's loader of images does what training needs of it."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras.batches.clustered import with_seed
from dnc_keras.images.requirement import one_line

_SEED = (1, 2)


def check_loader(load_image, name: str, index, declared):
    """Raises ValueError unless examples can be read by a function.

    It is tried on the first and the last example.

    Args:
        load_image: as for `OwnLoading`.
        name: what it is called, for messages.
        index: the `ImageIndex` of the training examples.
        declared: what the backbone takes, a structure of `tf.TensorSpec`; None
            where it does not tell.

    Raises:
        tf.errors.OpError: for what TensorFlow raises for an example, which may
            be the example's fault.
    """
    try:
        (first, again), (last, _) = _try(load_image, index)
    except tf.errors.OpError:
        raise
    except Exception as error:  # Of any kind: it is the user's code.
        raise _refusal(
            name, f"{type(error).__name__}: {one_line(error).rstrip('.')}"
        ) from error
    specs = [tf.nest.map_structure(_spec, each) for each in (first, last)]
    if specs[0] != specs[1]:
        raise _refusal(name, f"{_told(specs[0])}, then {_told(specs[1])}")
    _check_taken(name, specs[0], declared)
    _check_values(name, tf.nest.flatten(first), tf.nest.flatten(again))


def _try(load_image, index):
    """Two examples, each loaded twice as in training."""
    read, load = index.reader(), with_seed(load_image)
    seed = tf.constant(_SEED, tf.int64)

    def load_twice(position):
        contents = read(position)
        each = [load(contents, some) for some in (None, seed, seed)]
        if any(part is None for part in tf.nest.flatten(each)):
            raise TypeError("it returns None")
        return tuple(each[1:])

    positions = np.array([0, len(index) - 1])
    return list(tf.data.Dataset.from_tensor_slices(positions).map(load_twice))


def _spec(tensor):
    return tf.TensorSpec(tensor.shape, tensor.dtype)


def _told(spec):
    if isinstance(spec, tf.TensorSpec):
        return f"{spec.dtype.name} of shape {list(spec.shape)}"
    return f"a {type(spec).__name__} of {len(spec)}"


def _check_taken(name, spec, declared):
    """Refuses what is none of one tensor that the backbone takes."""
    if not isinstance(declared, tf.TensorSpec):
        return
    is_taken = (
        isinstance(spec, tf.TensorSpec)
        and declared.shape[1:].is_compatible_with(spec.shape)
        and (spec.dtype == tf.string) == (declared.dtype == tf.string)
    )
    if not is_taken:
        shape = list(declared.shape[1:])
        raise _refusal(name, f"{_told(spec)}, where the backbone takes {shape}")


def _check_values(name, tensors, again):
    for one, other in zip(tensors, again):
        if one.dtype.is_floating and not np.isfinite(one).all():
            raise _refusal(name, "NaN or infinity")
        if not np.array_equal(one, other):
            raise _refusal(name, "two results of one example and seed")


def _refusal(name, received):
    return ValueError(
        "load_image must be a function of an example, and of a seed if it "
        "draws, to what the backbone takes, of one shape. Received: "
        f"{received}, from {name}. It runs in TensorFlow's graph: use tf "
        "operations and tf.random.stateless_*."
    )
