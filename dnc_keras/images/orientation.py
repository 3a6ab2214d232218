"""Turns images that a camera stored lying on their side."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras.images.exif import orientation

# By EXIF's number: whether rows and columns change places, and then whether
# the order of the rows and that of the columns is reversed.
_TURNS = np.array(
    [
        [False, False, False],  # 0 is no orientation.
        [False, False, False],
        [False, False, True],
        [False, True, True],
        [False, True, False],
        [True, False, False],
        [True, False, True],
        [True, True, True],
        [True, True, False],
    ]
)


def orient(image, contents, mirror=False) -> tf.Tensor:
    """Turns and mirrors a square as the EXIF data of its file say.

    A square cut from the middle, or a random one, may be turned after it was
    cut and resized: that is much less to turn than the whole image.

    Args:
        image: `[size, size, 3]` tensor.
        contents: scalar string tensor, the encoded image.
        mirror: boolean, scalar; whether to mirror left and right then.

    Returns:
        A tensor like `image`.
    """
    # Only of what was decoded, or its errors and those of the decoding cancel
    # each other, and nobody learns which.
    with tf.control_dependencies([image]):
        turns = tf.gather(_TURNS, orientation(contents))
    swap, rows, columns = tf.unstack(turns)
    upright = tf.transpose(image, tf.where(swap, [1, 0, 2], [0, 1, 2]))
    reverse = tf.stack([rows, columns ^ mirror, False])
    # Not `tf.reverse`, which takes numbers of axes, as many as are reversed.
    turned = tf.raw_ops.Reverse(tensor=upright, dims=reverse)
    return tf.ensure_shape(turned, image.shape)
