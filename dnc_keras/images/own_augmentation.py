"""Whether a user's augmentation does what training needs of it."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras.images.requirement import one_line


def check_augmentation(function, name: str, image_size: int):
    """Raises ValueError unless an image can be augmented with a function.

    It is run as in training, on an image of noise.

    Args:
        function: from (image, seed) to an image.
        name: what it is called, for messages.
        image_size: height and width of the image, in pixels.
    """
    shape = [image_size, image_size, 3]
    image = np.random.default_rng(0).uniform(0, 255, shape).astype("float32")
    seeds = np.array([[1, 2], [1, 2]])
    dataset = tf.data.Dataset.from_tensor_slices(seeds)
    try:
        results = dataset.map(lambda seed: function(image, seed))
        first, again = results
    except Exception as error:  # Of any kind: it is the user's code.
        raise _refusal(
            name,
            f"{type(error).__name__}: {one_line(error)}",
            "It runs in TensorFlow's graph: use tf operations, or "
            "tf.numpy_function.",
        ) from error
    _check_kind(first, name, shape)
    _check_values(first.numpy(), again.numpy(), name)


def _check_kind(image, name, shape):
    is_image = (
        isinstance(image, tf.Tensor)
        and image.dtype == tf.float32
        and image.shape == shape
    )
    if is_image:
        return
    told = type(image).__name__
    if isinstance(image, tf.Tensor):
        told = f"{image.dtype.name} of shape {image.shape}"
    raise _refusal(
        name, told, f"Return a float32 tensor of shape {tuple(shape)}."
    )


def _check_values(image, again, name):
    low, high = image.min(), image.max()
    if not (low >= 0 and 1 < high <= 255):  # Also where one is NaN.
        raise _refusal(
            name,
            f"values {low:g} to {high:g} from an image of 0 to 255",
            "Keep them in 0 to 255: clip them, and do not divide by 255; the "
            "model scales them.",
        )
    if not np.array_equal(image, again):
        raise _refusal(
            name,
            "two images from one seed",
            "Draw from the seed alone, with tf.random.stateless_uniform(shape, "
            "seed) and others of that kind; random Keras layers belong into "
            "the backbone.",
        )


def _refusal(name, received, remedy):
    return ValueError(
        "augment must be a function of (image, seed) that returns an image. "
        f"Received: {received}, from {name}. {remedy}"
    )
