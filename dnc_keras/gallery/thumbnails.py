"""Small pictures that a page carries in itself."""

from __future__ import annotations

import base64
import pathlib
from typing import Optional

import tensorflow as tf

from dnc_keras.images import resize_and_center_crop
from dnc_keras.images.paths import why_unfit

SIZE = 160


def thumbnail(file: Optional[pathlib.Path]) -> Optional[str]:
    """The middle square of an image as a `data:` address.

    Args:
        file: path of the image, or None.

    Returns:
        The address of a JPEG of 160 x 160 pixels; None without an image, and
        where it can no longer be read.
    """
    if file is None or why_unfit(file):
        return None
    try:
        contents = tf.constant(file.read_bytes())
        pixels = resize_and_center_crop(contents, SIZE, 1.0)
    except (tf.errors.OpError, OSError):
        return None
    rounded = tf.saturate_cast(tf.round(pixels), tf.uint8)
    encoded = tf.io.encode_jpeg(rounded, quality=85).numpy()
    return f"data:image/jpeg;base64,{base64.b64encode(encoded).decode()}"
