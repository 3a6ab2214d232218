"""What stands in the place of an image on a page."""

from __future__ import annotations

import numpy as np
from helpers.image_files import index_of
from helpers.image_files import plain

from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets import VectorRows
from dnc_keras.reports.tiles import tiles_of


def _vectors(rows):
    names = [f"v{row}" for row in range(len(rows))]
    contents = VectorRows.of(np.array(rows, np.float32))
    return ImageIndex.from_class_names(names, ["a"] * len(rows), contents)


def test_an_image_is_its_own_picture():
    index = index_of(plain(10), plain(200))
    tiles = tiles_of(index, [1, 0], tile=4)
    assert tiles.shape == (2, 4, 4, 3)
    assert tiles[0].min() == tiles[0].max() == 200
    assert tiles[1].min() == tiles[1].max() == 10


def test_a_vector_is_a_square_from_black_to_white():
    index = _vectors([[9, 9, 9], [-1, 0, 3]])
    # Three numbers in a square of two by two; the place left over is gray.
    expected = np.array([[0, 64], [255, 128]]).repeat(2, 0).repeat(2, 1)
    (tile,) = tiles_of(index, [1], tile=4)
    np.testing.assert_array_equal(tile[..., 0], expected)
    np.testing.assert_array_equal(tile[..., 2], expected)


def test_of_a_constant_vector_and_of_none_there_are_tiles_too():
    index = _vectors([[9, 9, 9], [-1, 0, 3]])
    (tile,) = tiles_of(index, [0], tile=2)
    np.testing.assert_array_equal(tile[..., 1], [[0, 0], [0, 128]])
    assert tiles_of(index, [], tile=2).shape == (0, 2, 2, 3)
