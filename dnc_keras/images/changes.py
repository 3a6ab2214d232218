"""Changes to the pixels of one image that augmentation draws the sizes of.

Each takes and returns a `[height, width, 3]` float32 tensor of values 0 to 255.
"""

from __future__ import annotations

import tensorflow as tf

# ITU-R BT.601's luma, as in PIL and torchvision.
_LUMA = (0.299, 0.587, 0.114)


def brightness(image, factor) -> tf.Tensor:
    """Multiplies all values, as PIL's `ImageEnhance.Brightness`."""
    return _clipped(image * factor)


def contrast(image, factor) -> tf.Tensor:
    """Moves all values from the mean gray, as PIL's `ImageEnhance.Contrast`."""
    mean = tf.tensordot(tf.reduce_mean(image, axis=[0, 1]), _LUMA, 1)
    return _clipped(mean + factor * (image - mean))


def saturation(image, factor) -> tf.Tensor:
    """Moves all colors from their gray, as PIL's `ImageEnhance.Color`."""
    gray = grayscale(image)
    return _clipped(gray + factor * (image - gray))


def hue(image, turn) -> tf.Tensor:
    """Turns all colors by a part of the color wheel, -0.5 to 0.5."""
    return _clipped(tf.image.adjust_hue(image, turn))


def grayscale(image) -> tf.Tensor:
    """The luma of each pixel in all three channels."""
    return tf.matmul(image, tf.constant([[part] * 3 for part in _LUMA]))


def blur(image, sigma, radius: int) -> tf.Tensor:
    """Blurs with a Gaussian, mirrored at the edges, as torchvision does.

    Args:
        image: as for all.
        sigma: its standard deviation in pixels, above 0.
        radius: how far the kernel reaches, in pixels, below both sides.
    """
    places = tf.range(-radius, radius + 1, dtype=tf.float32)
    kernel = tf.nn.softmax(-0.5 * (places / sigma) ** 2)
    edges = [[radius, radius], [radius, radius], [0, 0]]
    blurred = tf.pad(image, edges, "REFLECT")[None]
    for shape in ([-1, 1, 1, 1], [1, -1, 1, 1]):
        weights = tf.repeat(tf.reshape(kernel, shape), 3, axis=2)
        blurred = tf.nn.depthwise_conv2d(
            blurred, weights, [1, 1, 1, 1], "VALID"
        )
    # A sum of 13 rounded weights may be above 1.
    return _clipped(blurred[0])


def erase(image, box) -> tf.Tensor:
    """Fills a box with the mean color of the image.

    Args:
        image: as for all.
        box: `[4]` integer tensor: top, left, height, width.
    """
    size = image.shape[:2]
    rows, columns = (
        (tf.range(size[axis]) >= box[axis])
        & (tf.range(size[axis]) < box[axis] + box[axis + 2])
        for axis in (0, 1)
    )
    mean = tf.reduce_mean(image, axis=[0, 1])
    return tf.where((rows[:, None] & columns)[..., None], mean, image)


def _clipped(image):
    return tf.clip_by_value(image, 0.0, 255.0)
