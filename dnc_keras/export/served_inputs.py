"""What the requests to an exported model hold."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from dnc_keras.models.inputs import declared_inputs
from dnc_keras.support.checks import check_count

# Gray and RGB: what an encoded image is decoded to.
DECODED = (1, 3)


class ServedInputs:
    """The inputs of a model as the arguments of a signature.

    An image is `images`, vectors of floats are `features`, anything else that
    is alone is `inputs`; a dict keeps its names, and a list becomes
    `inputs_0`, `inputs_1` and so on.

    Args:
        model: a `DivideAndConquer`, or another Keras model.
        image_size: height and width of images, one number or two. None: as
            the model declares them.

    Attributes:
        specs: a dict of `tf.TensorSpec` by the names of the arguments.
        image_shape: `(height, width, channels)` of images; None where there
            are none.

    Raises:
        ValueError: for sizes that the model does not take, or that nothing
            tells.
    """

    def __init__(self, model, image_size=None):
        declared = _declared(model)
        taken = getattr(model, "inputs_taken", None) or declared
        if taken is None:
            taken = tf.TensorSpec([None, None, None, 3], tf.float32)
        self._structure = taken
        self.image_shape = _image_shape(taken, declared, image_size)
        self.specs = _named(taken, self.image_shape)

    @property
    def are_images(self) -> bool:
        """Whether encoded images can be served."""
        return self.image_shape is not None and self.image_shape[-1] in DECODED

    def as_model_inputs(self, tensors: Mapping):
        """The structure that the model takes, of the arguments by name."""
        flat = [tensors[name] for name in self.specs]
        return tf.nest.pack_sequence_as(self._structure, flat)


def size_taken(model, image_size):
    """The size of images for a model; None for one that takes no images."""
    taken = getattr(model, "inputs_taken", None) or _declared(model)
    return image_size if taken is None or _is_image(taken) else None


def _is_image(taken):
    return isinstance(taken, tf.TensorSpec) and taken.shape.rank == 4


def _declared(model):
    """What a model, or the backbone of one, says that it takes."""
    return declared_inputs(getattr(model, "backbone", model))


def _image_shape(taken, declared, image_size):
    if not _is_image(taken):
        if image_size is not None:
            raise ValueError(
                "image_size is for models of images. Received: image_size="
                f"{image_size} for a model of {_told(taken)}. Leave it out."
            )
        return None
    size = _pair(taken.shape[1:3] if image_size is None else image_size)
    fixed = (None, None) if declared is None else declared.shape[1:3]
    if any(a not in (None, b) for a, b in zip(fixed, size)):
        raise ValueError(
            "image_size must be what the model takes. Received: image_size="
            f"{image_size} for a model of {_told(taken)}. Use "
            f"image_size={tuple(fixed)}, or leave it out."
        )
    return (*size, taken.shape[3])


def _pair(size):
    height, width = (size, size) if np.ndim(size) == 0 else tuple(size)
    if height is None or width is None:
        raise ValueError(
            "A model that takes images of any size needs one to be served. "
            "Received: image_size=None. Use image_size=224, or (height, width)."
        )
    for side in (height, width):
        check_count("image_size", side)
    return int(height), int(width)


def _named(taken, image_shape):
    if image_shape is not None:
        shape = [None, *image_shape]
        return {"images": tf.TensorSpec(shape, tf.float32, "images")}
    flat = tf.nest.flatten(taken)
    if isinstance(taken, Mapping):
        names = sorted(taken)
    elif len(flat) > 1:
        names = [f"inputs_{i}" for i in range(len(flat))]
    else:
        is_vector = flat[0].shape.rank == 2 and flat[0].dtype.is_floating
        names = ["features" if is_vector else "inputs"]
    return {
        name: tf.TensorSpec(spec.shape, spec.dtype, name)
        for name, spec in zip(names, flat)
    }


def _told(taken):
    return tf.nest.map_structure(lambda spec: list(spec.shape), taken)
