"""Cuts squares out of images and resizes them."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras.images.decoding import decode
from dnc_keras.images.decoding import decode_box
from dnc_keras.images.header import MAX_PIXELS
from dnc_keras.images.orientation import orient

_NUM_TRIES = 10


def random_resized_crop(
    contents,
    image_size: int,
    seed,
    scale=(0.08, 1.0),
    ratio=(3 / 4, 4 / 3),
    flip: bool = False,
) -> tf.Tensor:
    """Decodes a random box of an image and resizes it to a square.

    As torchvision's RandomResizedCrop: boxes are drawn until one fits, ten
    times at most; then the largest box in the middle is taken whose ratio is
    allowed. Of a JPEG only what the box needs is decoded.

    Args:
        contents: scalar string tensor, the encoded image.
        image_size: height and width of the result, in pixels.
        seed: `[2]` integer tensor; the same seed cuts the same box.
        scale: range of the box's share of the image's area, 0 to 1.
        ratio: range of the box's width / height.
        flip: whether half of the images are mirrored left and right.

    Returns:
        `[image_size, image_size, 3]` float32 tensor, values 0 to 255.
    """
    noise = tf.random.stateless_uniform([5, _NUM_TRIES], seed)
    box = decode_box(
        contents,
        lambda size: choose_box(size, noise[:4], scale, ratio),
        image_size,
    )
    mirror = (noise[4, 0] < 0.5) if flip else False
    return orient(_resize(box, image_size), contents, mirror)


def resize_and_center_crop(
    contents,
    image_size: int,
    fraction: float = 0.875,
    max_pixels: int = MAX_PIXELS,
) -> tf.Tensor:
    """Resizes an image's short side and cuts the square in the middle out.

    Args:
        contents: scalar string tensor, the encoded image.
        image_size: height and width of the result, in pixels.
        fraction: share of the short side that is kept, above 0 to 1. The
            default, 0.875, is the papers' 224 of 256; 1 keeps it whole.
        max_pixels: as in `check_header`.

    Returns:
        `[image_size, image_size, 3]` float32 tensor, values 0 to 255.
    """
    image = decode(contents, max_pixels)
    short_side = round(image_size / fraction)
    size = tf.shape(image)[:2]
    resized = short_side * size // tf.reduce_min(size)
    corner = (resized - image_size) // 2
    # Only the pixels of the square are computed.
    square = tf.raw_ops.ScaleAndTranslate(
        images=image[None],
        size=[image_size, image_size],
        scale=tf.cast(resized / size, tf.float32),
        translation=-tf.cast(corner, tf.float32),
        kernel_type="triangle",
    )[0]
    return orient(
        tf.ensure_shape(square, [image_size, image_size, 3]), contents
    )


def _resize(box, image_size):
    """Bilinear, with antialias as PIL, the papers' resize, has it."""
    # Where nothing is made smaller antialias changes nothing but the time.
    shrinks = tf.reduce_any(tf.shape(box)[:2] > image_size)
    size = [image_size, image_size]
    return tf.cond(
        shrinks,
        lambda: tf.image.resize(box, size, antialias=True),
        lambda: tf.image.resize(box, size),
    )


def choose_box(size, noise, scale, ratio):
    """`[4, tries]` noise -> `[4]` top, left, height, width.

    The first box to fit; after the drawn ones there is one that always does.
    """
    size = tf.cast(size, tf.float32)
    drawn = tf.sqrt(tf.reduce_prod(size)) * _relative_sizes(noise, scale, ratio)
    boxes = tf.concat([tf.maximum(tf.round(drawn), 1.0), noise[2:]], axis=0)
    boxes = tf.concat([boxes, _middle_box(size, ratio)[:, None]], axis=1)
    fits = tf.reduce_all(boxes[:2] <= size[:, None], axis=0)
    chosen, offset = tf.split(
        tf.gather(boxes, tf.argmax(tf.cast(fits, tf.int32)), axis=1), 2
    )
    corner = tf.floor(offset * (size - chosen + 1.0))
    return tf.cast(tf.concat([corner, chosen], axis=0), tf.int32)


def _relative_sizes(noise, scale, ratio):
    """`[2, tries]` heights and widths, as shares of sqrt(image's area)."""
    half_area = 0.5 * tf.math.log(_between(noise[0], *scale))
    half_ratio = _between(noise[1], *(0.5 * np.log(ratio)))
    return tf.exp(tf.stack([half_area - half_ratio, half_area + half_ratio]))


def _middle_box(size, ratio):
    """`[4]` height and width of the largest box of an allowed ratio, offset."""
    longest = size[::-1] * tf.constant([1 / ratio[0], ratio[1]], tf.float32)
    largest = tf.minimum(size, tf.round(longest))
    return tf.concat([largest, [0.5, 0.5]], axis=0)


def _between(noise, low, high):
    return low + noise * (high - low)
