"""Cuts rectangles out of images, for models that do not take squares."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras.images.decoding import decode
from dnc_keras.images.header import MAX_PIXELS
from dnc_keras.images.orientation import orient


def resize_and_center_crop_to(
    contents,
    height: int,
    width: int,
    fraction: float = 0.875,
    max_pixels: int = MAX_PIXELS,
) -> tf.Tensor:
    """Resizes an image until it covers a rectangle and cuts that out.

    As `resize_and_center_crop` does for squares: the image keeps its
    proportions, and the middle of it is kept.

    Args:
        contents: scalar string tensor, the encoded image.
        height: of the result, in pixels.
        width: of the result, in pixels.
        fraction: share that is kept of the side that fits more tightly, above
            0 to 1; 1 keeps it whole.
        max_pixels: as in `check_header`.

    Returns:
        `[height, width, 3]` float32 tensor, values 0 to 255.
    """
    image = _upright(decode(contents, max_pixels), contents)
    size = tf.cast(tf.shape(image)[:2], tf.float32)
    wanted = tf.constant([height, width], tf.float32)
    scale = tf.reduce_max(wanted / fraction / size)
    corner = (scale * size - wanted) / 2
    # Only the pixels of the rectangle are computed.
    rectangle = tf.raw_ops.ScaleAndTranslate(
        images=image[None],
        size=[height, width],
        scale=tf.stack([scale, scale]),
        translation=-corner,
        kernel_type="triangle",
    )[0]
    return tf.ensure_shape(rectangle, [height, width, 3])


@tf.function(
    input_signature=[
        tf.TensorSpec([None, None, 3], tf.uint8),
        tf.TensorSpec([], tf.string),
    ]
)
def _upright(image, contents):
    # A function of its own, in which height and width are not known: turned,
    # they change places.
    return orient(image, contents)
