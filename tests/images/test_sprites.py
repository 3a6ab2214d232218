"""Images side by side in one picture."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers.image_files import plain
from helpers.image_files import png

from dnc_keras.datasets.contents import InMemory
from dnc_keras.images import byte_reader
from dnc_keras.images import read_tiles
from dnc_keras.images import sprite


def encoded(*images):
    return [png(image) for image in images]


def test_tiles_go_row_by_row_and_the_rest_is_grey():
    picture = sprite([plain(shade) for shade in range(10, 15)], tile=4)
    assert picture.num_columns == 3
    assert picture.pixels.shape == (8, 12, 3)
    assert picture.pixels.dtype == np.uint8
    tiles = [
        picture.pixels[4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
        for row in range(2)
        for column in range(3)
    ]
    for tile, shade in zip(tiles, (10, 11, 12, 13, 14, 128)):
        assert (tile == shade).all()


def test_a_tile_keeps_its_pixels_in_place():
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    np.testing.assert_array_equal(sprite([image], tile=4).pixels, image)


def test_an_image_that_is_no_square_shows_its_middle():
    image = np.concatenate([plain(9), plain(200), plain(90)], axis=1)
    assert (sprite([image], tile=8).pixels == 200).all()


def test_an_image_is_made_smaller():
    assert (sprite([plain(7, 100, 60)], tile=16).pixels == 7).all()


def test_an_image_that_is_missing_is_grey():
    assert (sprite([None], tile=4).pixels == 128).all()


def test_the_png_is_the_picture():
    picture = sprite([plain(3), plain(5)], tile=4)
    decoded = tf.io.decode_png(picture.to_png())
    np.testing.assert_array_equal(decoded, picture.pixels)


@pytest.mark.parametrize(
    "images, tile, words",
    [
        ([], 4, "at least one image. Received: none."),
        ([plain(0)] * 5, 3000, "5 images of tile=3000, 3 in a row. Use tile="),
    ],
)
def test_what_is_no_picture_is_refused(images, tile, words):
    with pytest.raises(ValueError, match=words):
        sprite(images, tile=tile)


def test_rows_are_read_in_their_order():
    contents = InMemory.of(encoded(plain(10), plain(20), plain(30)))
    read = byte_reader(["a", "b", "c"], contents)
    tiles = read_tiles(read, [2, 0], tile=8)
    assert tiles.shape == (2, 8, 8, 3)
    assert [tile.max() for tile in tiles] == [tile.min() for tile in tiles]
    assert [int(tile[0, 0, 0]) for tile in tiles] == [30, 10]


def test_unreadable_images_are_grey(tmp_path):
    good, cut = tmp_path / "good.png", tmp_path / "cut.png"
    good.write_bytes(*encoded(plain(50)))
    cut.write_bytes(good.read_bytes()[:40])
    paths = [str(cut), str(good), str(tmp_path / "gone.png")]
    tiles = read_tiles(byte_reader(paths), range(3), tile=4)
    assert [int(tile[0, 0, 0]) for tile in tiles] == [128, 50, 128]
