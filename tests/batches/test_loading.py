"""What an index holds becomes what a model takes."""

from __future__ import annotations

import numpy as np
from helpers.image_files import index_of
from helpers.image_files import left_dark
from helpers.image_files import png

from dnc_keras.batches.loading import ImageLoading
from dnc_keras.batches.loading import VectorLoading
from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets import VectorRows


def test_training_without_crop_and_flip_sees_the_image_itself():
    image = np.arange(6 * 6 * 3).reshape(6, 6, 3)
    loading = ImageLoading(6, crop_scale=1.0, flip=False)
    load = loading.training_loader(index_of(image))
    np.testing.assert_allclose(load(0, [1, 2]), image, atol=1e-3)


def test_training_flips_half_of_the_images():
    loading = ImageLoading(6, crop_scale=1.0)
    load = loading.training_loader(index_of(left_dark()))
    flipped = sum(float(load(0, [0, n])[0, 0, 0]) > 128 for n in range(100))
    assert 25 < flipped < 75  # out of it once in two million


def test_training_cuts_small_boxes_of_the_size_asked_for():
    gradient = np.tile(np.arange(0, 240, 10)[:, None, None], [1, 24, 3])
    load = ImageLoading(4, crop_scale=0.08).training_loader(index_of(gradient))
    crops = np.stack([load(0, [0, n]) for n in range(30)])
    assert crops.shape == (30, 4, 4, 3)
    assert crops.dtype == np.float32
    assert crops.mean(axis=(1, 2, 3)).std() > 10


def test_the_same_seed_cuts_and_flips_the_same():
    load = ImageLoading(4).training_loader(index_of(left_dark()))
    np.testing.assert_array_equal(load(0, [5, 6]), load(0, [5, 6]))


def test_training_reads_files(tmp_path):
    path = tmp_path / "white.png"
    path.write_bytes(png(np.full([6, 6, 3], 255)))
    index = ImageIndex.from_class_names([str(path)], ["class"])
    load = ImageLoading(4).training_loader(index)
    np.testing.assert_allclose(load(0, [0, 0]), np.full([4, 4, 3], 255.0))


def test_evaluation_keeps_the_center_and_the_order():
    first = np.arange(8 * 8 * 3).reshape(8, 8, 3)
    second = first[::-1]
    dataset = ImageLoading(4, center_crop=0.5).evaluation_batches(
        index_of(first, second)
    )
    (images,) = dataset
    np.testing.assert_allclose(
        images, [first[2:6, 2:6], second[2:6, 2:6]], atol=1e-3
    )


def test_vectors_are_evaluated_and_clustered_where_they_are():
    array = np.arange(600).reshape(300, 2)
    names = [f"{row % 3}" for row in range(300)]
    index = ImageIndex.from_class_names(
        [str(row) for row in range(300)], names, VectorRows.of(array)
    )
    whole = VectorLoading().evaluation_batches(index)
    assert whole.shards[0] is array
    for shard, part in ((0, slice(0, 150)), (1, slice(150, 300))):
        rows = VectorLoading().evaluation_batches(index, 2, shard)
        np.testing.assert_array_equal(rows.take(slice(None)), array[part])
