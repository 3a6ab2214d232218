"""Encoded images to pixels: read, decode, crop, flip."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Sequence
from typing import Optional

import numpy as np
import tensorflow as tf

_NUM_TRIES = 10


def byte_reader(
    paths: Sequence, contents: Optional[Sequence] = None
) -> Callable:
    """Makes a function that reads one image, for `tf.data`'s `map`.

    Args:
        paths: `[num_images]` str, files to read.
        contents: `[num_images]` bytes, the encoded images themselves, or what
            reads them when it is indexed, such as `ByteRanges`. None, the
            default: read the files.

    Returns:
        A function of an integer scalar tensor, the image's position, that
        returns the encoded image, a scalar string tensor.
    """
    if contents is None:
        files = tf.constant(paths, tf.string)
        return lambda position: tf.io.read_file(tf.gather(files, position))
    if isinstance(contents, (list, np.ndarray)):
        held = tf.constant(contents, tf.string)
        return lambda position: tf.gather(held, position)

    def read(position):
        content = tf.numpy_function(
            lambda row: contents[row], [position], tf.string
        )
        return tf.ensure_shape(content, [])

    return read


def decode(contents) -> tf.Tensor:
    """Decodes one JPEG, PNG, BMP or GIF (its first frame).

    Args:
        contents: scalar string tensor, the encoded image.

    Returns:
        `[height, width, 3]` uint8 tensor, RGB.
    """
    image = tf.io.decode_image(contents, channels=3, expand_animations=False)
    return tf.ensure_shape(image, [None, None, 3])


def random_resized_crop(
    image, image_size: int, seed, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3)
) -> tf.Tensor:
    """Cuts a random box out and resizes it to a square.

    As torchvision's RandomResizedCrop: boxes are drawn until one fits, ten
    times at most; then the largest box in the middle is taken whose ratio is
    allowed.

    Args:
        image: `[height, width, 3]` tensor, values 0 to 255.
        image_size: height and width of the result, in pixels.
        seed: `[2]` integer tensor; the same seed cuts the same box.
        scale: range of the box's share of the image's area, 0 to 1.
        ratio: range of the box's width / height.

    Returns:
        `[image_size, image_size, 3]` float32 tensor, values 0 to 255.
    """
    noise = tf.random.stateless_uniform([4, _NUM_TRIES], seed)
    top, left, height, width = _choose_box(image, noise, scale, ratio)
    box = image[top : top + height, left : left + width]
    return _resize(box, [image_size, image_size])


def random_flip(image, seed) -> tf.Tensor:
    """Mirrors left and right in half of the cases.

    Args:
        image: `[height, width, 3]` tensor.
        seed: `[2]` integer tensor. It may be the seed of the crop: the two
            are independent.

    Returns:
        A tensor like `image`.
    """
    own_seed = tf.random.fold_in(seed, 1)
    return tf.image.stateless_random_flip_left_right(image, own_seed)


def resize_and_center_crop(
    image, image_size: int, fraction: float = 0.875
) -> tf.Tensor:
    """Resizes the short side and cuts the square in the middle out.

    Args:
        image: `[height, width, 3]` tensor, values 0 to 255.
        image_size: height and width of the result, in pixels.
        fraction: share of the short side that is kept, above 0 to 1. The
            default, 0.875, is the papers' 224 of 256; 1 keeps it whole.

    Returns:
        `[image_size, image_size, 3]` float32 tensor, values 0 to 255.
    """
    short_side = round(image_size / fraction)
    size = tf.shape(image)[:2]
    resized = _resize(image, short_side * size // tf.reduce_min(size))
    top, left = tf.unstack((tf.shape(resized)[:2] - image_size) // 2)
    square = resized[top : top + image_size, left : left + image_size]
    return tf.ensure_shape(square, [image_size, image_size, 3])


def find_unreadable(
    paths: Sequence, contents: Optional[Sequence] = None
) -> list[tuple[int, str, str]]:
    """Decodes all images, in parallel, and tells which cannot be decoded.

    Args:
        paths: `[num_images]` str, files to read.
        contents: `[num_images]` bytes, the encoded images themselves. None,
            the default: read the files.

    Returns:
        A list of (position, path, reason), in the order of `paths`; the
        reason is one line.
    """
    read = byte_reader(paths, contents)
    unreadable = sorted(set(range(len(paths))) - _readable(read, len(paths)))
    return [
        (position, str(paths[position]), _reason(read, position))
        for position in unreadable
    ]


def _resize(image, size):
    # Without antialias small sizes differ from PIL's, the papers' resize.
    return tf.image.resize(image, size, method="bilinear", antialias=True)


def _choose_box(image, noise, scale, ratio):
    """`[4, tries]` noise -> top, left, height, width of the first box to fit.

    The last column of boxes always fits.
    """
    size = tf.cast(tf.shape(image)[:2], tf.float32)
    sizes = _draw_sizes(size, noise[:2], scale, ratio)
    sizes = tf.concat([sizes, _largest_size(size, ratio)[:, None]], axis=1)
    offsets = tf.pad(noise[2:], [[0, 0], [0, 1]], constant_values=0.5)
    fits = tf.reduce_all((sizes >= 1) & (sizes <= size[:, None]), axis=0)
    first = tf.argmax(tf.cast(fits, tf.int32))
    chosen = sizes[:, first]
    corner = tf.floor(offsets[:, first] * (size - chosen + 1))
    return tf.unstack(tf.cast(tf.concat([corner, chosen], 0), tf.int32))


def _draw_sizes(size, noise, scale, ratio):
    """`[2, tries]` heights and widths, some larger than the image."""
    areas = _between(noise[0], *scale) * tf.reduce_prod(size)
    ratios = tf.exp(_between(noise[1], *np.log(ratio)))
    return tf.round(tf.sqrt(tf.stack([areas / ratios, areas * ratios])))


def _largest_size(size, ratio):
    """`[2]` height and width of the largest box of an allowed ratio."""
    height, width = tf.unstack(size)
    allowed = tf.clip_by_value(width / height, *ratio)
    widest = tf.stack([width / allowed, height * allowed])
    return tf.minimum(size, tf.round(widest))


def _between(noise, low, high):
    return low + noise * (high - low)


def _readable(read, num_images):
    """The positions of the images that can be decoded."""

    def decode_at(position):
        image = decode(read(position))
        # Returned, or TensorFlow would leave the decoding out.
        return position, tf.shape(image)

    decoded = tf.data.Dataset.range(num_images).map(
        decode_at, num_parallel_calls=tf.data.AUTOTUNE
    )
    batches = decoded.ignore_errors().batch(1024)
    return {position for batch, _ in batches for position in batch.numpy()}


def _reason(read, position):
    """Why an image cannot be decoded, in TensorFlow's words."""
    try:
        decode(read(position))
    except tf.errors.OpError as error:
        message = re.sub(r"\{\{.*?\}\}|\[Op:.*", "", error.message)
        return " ".join(message.split())
    return "it could not be decoded at first; try again"
