"""Images are cut and resized as torchvision and PIL would."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers.image_files import coordinates
from helpers.image_files import png

from dnc_keras import images
from dnc_keras.images import cropping


def _center(image, *arguments, **options):
    return images.resize_and_center_crop(png(image), *arguments, **options)


def _crop(image, *arguments, **options):
    return images.random_resized_crop(png(image), *arguments, **options)


@pytest.mark.parametrize("size", [(40, 60), (60, 40), (9, 7), (1, 1), (1, 50)])
def test_random_crop_has_the_size_asked_for(size):
    crop = _crop(coordinates(*size), 16, seed=[1, 2])
    assert crop.shape == [16, 16, 3]
    assert crop.dtype == tf.float32
    assert 0 <= np.min(crop) and np.max(crop) <= max(size) - 1


def test_random_crop_is_a_function_of_its_seed():
    image = coordinates(50, 50)
    first = _crop(image, 8, seed=[1, 2])
    again = _crop(image, 8, seed=[1, 2])
    other = _crop(image, 8, seed=[1, 3])
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.5


def _boxes(size, scale, ratio, num_boxes=300):
    """`[num_boxes, 4]` top, left, height, width of drawn boxes."""

    def draw(number):
        noise = tf.random.stateless_uniform([4, 10], tf.stack([0, number]))
        return cropping.choose_box(tf.constant(size), noise, scale, ratio)

    numbers = tf.data.Dataset.range(num_boxes, output_type=tf.int32)
    return np.stack(list(numbers.map(draw).as_numpy_iterator()))


def test_random_boxes_keep_to_image_scale_and_ratio():
    top, left, height, width = _boxes((200, 300), (0.2, 0.6), (1.0, 2.0)).T
    share = height * width / (200 * 300)
    # Sides are whole pixels: half a pixel of 77 at least, in each direction.
    assert 0.195 < share.min() < 0.25 and 0.5 < share.max() < 0.605
    ratios = width / height
    assert 0.98 < ratios.min() < 1.1 and 1.8 < ratios.max() < 2.03
    assert top.min() >= 0 and left.min() >= 0
    assert (top + height).max() <= 200 and (left + width).max() <= 300
    assert len(set(top)) > 50 and len(set(left)) > 50


def test_random_boxes_reach_all_corners():
    top, left, height, width = _boxes((4, 4), (0.2, 0.3), (1.0, 1.0)).T
    assert set(height) == set(width) == {2}
    assert set(zip(top, left)) == {(i, j) for i in range(3) for j in range(3)}


@pytest.mark.parametrize(
    "size, box",
    [
        # No box of nearly all of a long image has an allowed ratio.
        ((10, 100), (0, 44, 10, 13)),  # 10 * 4/3 = 13.3 wide
        ((100, 10), (44, 0, 13, 10)),  # 10 / (3/4) = 13.3 high
    ],
)
def test_the_middle_is_taken_where_no_box_fits(size, box):
    boxes = _boxes(size, (0.9, 1.0), (3 / 4, 4 / 3), num_boxes=5)
    np.testing.assert_array_equal(boxes, [box] * 5)


def test_no_box_is_empty():
    # 10% of one pixel would be rounded to none.
    boxes = _boxes((1, 1), (0.1, 0.1), (1.0, 1.0), num_boxes=1)
    np.testing.assert_array_equal(boxes, [[0, 0, 1, 1]])


def test_random_crop_shows_the_box_it_chose():
    image = coordinates(64, 64)
    crop = _crop(image, 64, seed=[3, 4], scale=(1.0, 1.0), ratio=(1.0, 1.0))
    np.testing.assert_allclose(crop, image, atol=1e-4)


def _flipped(image, number):
    """Whether a crop of the whole image, dark on the left, was mirrored."""
    crop = _crop(image, 4, seed=[7, number], scale=(1.0, 1.0), flip=True)
    return bool(crop[0, 0, 0] > crop[0, -1, 0])


def test_flip_mirrors_half_of_the_images():
    image = coordinates(4, 4)[..., ::-1] * 60  # Channel 1 is the column.
    image[..., 0] = image[..., 1]
    flipped = [_flipped(image, number) for number in range(200)]
    assert 70 < np.count_nonzero(flipped) < 130


def test_flip_does_not_follow_the_crop_of_the_same_seed():
    noise = [tf.random.stateless_uniform([5, 10], [7, i]) for i in range(200)]
    flips, tries = zip(*((n[4, 0], n[:4, 0]) for n in noise))
    assert np.abs(np.corrcoef(flips, np.transpose(tries))[0, 1:]).max() < 0.25


@pytest.mark.parametrize(
    "size, rows, columns",
    [
        # 16 / 0.8 = 20 pixels for the short side, then 16 in the middle.
        ((20, 30), (2, 17), (7, 22)),
        ((30, 20), (7, 22), (2, 17)),
        ((20, 20), (2, 17), (2, 17)),
    ],
)
def test_center_crop_keeps_the_middle(size, rows, columns):
    crop = _center(coordinates(*size), 16, fraction=0.8)
    assert crop.shape == [16, 16, 3]
    np.testing.assert_allclose(crop[:, 0, 0][::15], rows, atol=1e-4)
    np.testing.assert_allclose(crop[0, :, 1][::15], columns, atol=1e-4)


def test_center_crop_with_fraction_one_keeps_the_whole_short_side():
    crop = _center(coordinates(12, 8), 8, fraction=1.0)
    np.testing.assert_allclose(crop, coordinates(12, 8)[2:10], atol=1e-4)


def test_center_crop_averages_when_it_shrinks():
    # Without antialias single white pixels vanish or fill the result.
    image = np.zeros([64, 64, 3], np.uint8)
    image[::4, ::4] = 255
    crop = _center(image, 4, fraction=1.0)
    np.testing.assert_allclose(crop, np.full([4, 4, 3], 255 / 16), atol=6)


def test_center_crop_enlarges_small_images():
    image = np.full([3, 5, 3], 9, np.uint8)
    crop = _center(image, 32)
    np.testing.assert_allclose(crop, np.full([32, 32, 3], 9.0), atol=1e-4)


def test_center_crop_works_in_a_saved_model(tmp_path):
    class Server(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def serve(self, image_bytes):
            return tf.map_fn(
                lambda one: images.resize_and_center_crop(one, 8),
                image_bytes,
                fn_output_signature=tf.TensorSpec([8, 8, 3], tf.float32),
            )

    tf.saved_model.save(Server(), str(tmp_path))
    sizes = [(20, 30), (5, 9)]
    served = tf.saved_model.load(str(tmp_path)).serve(
        tf.constant([png(coordinates(*size)) for size in sizes])
    )
    for row, size in zip(served, sizes):
        expected = _center(coordinates(*size), 8)
        np.testing.assert_allclose(row, expected, atol=1e-4)
