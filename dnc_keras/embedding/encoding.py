"""Pixels to encoded images, so that all images go the way of files."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

# Others, such as 32 bits or floats, have more than RGB can hold.
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")


def encode_array(image) -> bytes:
    """Encodes an image without loss.

    Args:
        image: `[height, width]` or `[height, width, 1 to 4]` uint8 array or
            tensor: gray, RGB, or with alpha, which is left out in decoding.

    Raises:
        ValueError: for another shape.
    """
    shape = tuple(image.shape)
    if not all(shape) or not 1 <= (*shape, 1)[2] <= 4:
        raise ValueError(
            "An image must be [height, width] or [height, width, 1 to 4]. "
            f"Received: shape {list(shape)}."
        )
    image = image[..., None] if len(shape) == 2 else image
    # Compressed, it would take seven times as long.
    return tf.io.encode_png(image, compression=0).numpy()


def encode_pil(image) -> bytes:
    """Encodes an image of Pillow's, turned upright as its EXIF says.

    Raises:
        ValueError: for 16 and 32 bits and floats, which Pillow would cut off.
    """
    from PIL import ImageOps  # It is there: the image is of it.

    if image.mode not in _MODES:
        raise ValueError(
            f"A PIL image must have 8 bits: {', '.join(_MODES)}. Received: "
            f"mode {image.mode!r}. Give the path of its file, or convert it."
        )
    upright = ImageOps.exif_transpose(image).convert("RGB")
    return encode_array(np.asarray(upright))
