"""Many small images in one picture."""

from __future__ import annotations

import math
from collections.abc import Callable
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from dnc_keras.images.cropping import resize_and_center_crop
from dnc_keras.support.pipelines import map_in_parallel
from dnc_keras.support.progress import track

MAX_SIZE = 8192  # Pixels on a side: what TensorBoard and browsers show.
_GREY = 128


class Sprite(NamedTuple):
    """Images side by side, row by row from the top left.

    Attributes:
        pixels: `[height, width, 3]` uint8 array.
        num_columns: number of images in a row; image i is in row
            `i // num_columns` and column `i % num_columns`.
        tile: height and width of each image, in pixels.
    """

    pixels: np.ndarray
    num_columns: int
    tile: int

    def to_png(self) -> bytes:
        """The picture as a PNG file."""
        return tf.io.encode_png(self.pixels).numpy()


def sprite(images: Iterable, tile: int = 48) -> Sprite:
    """Puts images of any size into one picture, as square as it can be.

    Of an image that is no square its middle is shown; places without an image
    are grey.

    Args:
        images: `[height, width, 3]` uint8 arrays, or None for an image that
            cannot be shown; for those of an `ImageIndex` see `read_tiles`.
        tile: height and width of each in the picture, in pixels.

    Returns:
        A `Sprite`.

    Raises:
        ValueError: for no images, and for more than a side of 8,192 pixels
            holds.

    Example:

    >>> black = np.zeros([20, 30, 3], np.uint8)
    >>> picture = sprite([black] * 5, tile=16)
    >>> picture.pixels.shape, picture.num_columns
    ((32, 48, 3), 3)
    """
    images = list(images)
    num_columns = math.ceil(math.sqrt(len(images)))
    _check_size(len(images), num_columns, tile)
    tiles = np.stack([_tile(image, tile) for image in images])
    return Sprite(in_grid(tiles, num_columns), num_columns, tile)


def in_grid(tiles, num_columns: int) -> np.ndarray:
    """Puts tiles side by side, row by row; places left over are grey.

    Args:
        tiles: `[num_images, tile, tile, 3]` uint8 array.
        num_columns: number of tiles in a row.

    Returns:
        `[height, num_columns * tile, 3]` uint8 array.
    """
    tile = tiles.shape[1]
    missing = -len(tiles) % num_columns
    filled = (
        np.concatenate([tiles, [_grey(tile)] * missing]) if missing else tiles
    )
    rows = filled.reshape(-1, num_columns, tile, tile, 3).swapaxes(1, 2)
    return rows.reshape(-1, num_columns * tile, 3)


def read_tiles(read: Callable, rows, tile: int = 48) -> np.ndarray:
    """Reads images in parallel and cuts the square in their middle out.

    Args:
        read: function from a position to the encoded image, both tensors:
            `index.reader()`.
        rows: `[num_images]` integers, the positions to read.
        tile: height and width of the result, in pixels.

    Returns:
        `[num_images, tile, tile, 3]` uint8 array, for `sprite`; an image that
        cannot be read or decoded is grey.
    """

    def load(place, position):
        pixels = resize_and_center_crop(read(position), tile, 1.0)
        return place, tf.saturate_cast(tf.round(pixels), tf.uint8)

    rows = np.asarray(rows, np.int64)
    loaded = tf.data.Dataset.from_tensor_slices((np.arange(len(rows)), rows))
    loaded = map_in_parallel(loaded, load).ignore_errors()
    tiles = np.full([len(rows), tile, tile, 3], _GREY, np.uint8)
    pictures = loaded.as_numpy_iterator()
    for place, pixels in track(pictures, "reading pictures", len(rows)):
        tiles[place] = pixels
    return tiles


def _tile(image, tile):
    if image is None:
        return _grey(tile)
    if np.shape(image) == (tile, tile, 3):
        return np.asarray(image, np.uint8)
    height, width = np.shape(image)[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]
    resized = tf.image.resize(square, [tile, tile], antialias=True)
    return tf.saturate_cast(tf.round(resized), tf.uint8).numpy()


def _grey(tile):
    return np.full([tile, tile, 3], _GREY, np.uint8)


def _check_size(num_images, num_columns, tile):
    if not num_images:
        raise ValueError(
            "A sprite needs at least one image. Received: none. Check what "
            "was selected."
        )
    if num_columns * tile > MAX_SIZE:
        raise ValueError(
            f"A sprite must be within {MAX_SIZE} pixels on a side. Received: "
            f"{num_images} images of tile={tile}, {num_columns} in a row. Use "
            f"tile={MAX_SIZE // num_columns}, or "
            f"{(MAX_SIZE // tile) ** 2} images at most."
        )
