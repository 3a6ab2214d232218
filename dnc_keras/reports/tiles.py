"""Small pictures of what a data set holds: images, or drawn vectors."""

from __future__ import annotations

import math

import numpy as np

from dnc_keras import images

_GREY = 128


def tiles_of(index, rows, tile: int = 48) -> np.ndarray:
    """Pictures of some examples, side by side comparable.

    A vector is drawn as a square of its numbers, row by row: the smallest is
    black, the largest white, so that like vectors look alike.

    Args:
        index: an `ImageIndex`.
        rows: `[num_examples]` integers, the positions of those wanted.
        tile: height and width of the result, in pixels.

    Returns:
        `[num_examples, tile, tile, 3]` uint8 array.
    """
    if index.feature_dim is None:
        return images.read_tiles(index.reader(), rows, tile)
    vectors = index.contents.take(np.asarray(rows, np.int64))
    return _draw(vectors.astype(np.float64), tile)


def _draw(vectors, tile):
    lowest = vectors.min(axis=1, keepdims=True, initial=np.inf)
    span = np.ptp(vectors, axis=1, keepdims=True) if len(vectors) else lowest
    scaled = np.round(255 * (vectors - lowest) / np.maximum(span, 1e-12))
    num, dim = vectors.shape
    side = math.ceil(math.sqrt(dim))
    squares = np.full([num, side * side], _GREY, np.uint8)
    squares[:, :dim] = scaled
    nearest = np.arange(tile) * side // tile
    pixels = squares.reshape(num, side, side)[:, nearest][:, :, nearest]
    return np.repeat(pixels[..., None], 3, axis=3)
