"""Small pictures of many images."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras import progress
from dnc_keras.images.cropping import resize_and_center_crop
from dnc_keras.images.reading import byte_reader

UNREADABLE = 128  # grey
_BATCH_SIZE = 64


def read_pictures(paths, contents, rows, size: int) -> np.ndarray:
    """The middle squares of some images, in colour.

    Args:
        paths: `[num_images]` str, as of `byte_reader`.
        contents: as of `byte_reader`.
        rows: `[num_pictures]` positions of images.
        size: height and width of the pictures, in pixels.

    Returns:
        `[num_pictures, size, size, 3]` uint8 array; an image that cannot be
        read is grey.
    """
    read = byte_reader(paths, contents)
    rows = np.asarray(rows, np.int64)

    def picture(number, position):
        pixels = resize_and_center_crop(read(position), size, 1.0)
        return number, tf.saturate_cast(tf.round(pixels), tf.uint8)

    pictures = np.full([len(rows), size, size, 3], UNREADABLE, np.uint8)
    numbered = tf.data.Dataset.from_tensor_slices((np.arange(len(rows)), rows))
    drawn = numbered.map(picture, tf.data.AUTOTUNE).ignore_errors()
    for numbers, drawn_pictures in progress.track(
        drawn.batch(_BATCH_SIZE), "reading pictures", len(rows) // _BATCH_SIZE
    ):
        pictures[numbers] = drawn_pictures
    return pictures
