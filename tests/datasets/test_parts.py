"""The parts of the test images, by what is searched for what."""

import numpy as np

from dnc_keras.datasets import Dataset
from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets.dataset import with_roles

TRAIN = ImageIndex.from_class_names(["a0", "b0"], ["a", "b"])
TEST = ImageIndex.from_class_names(["c0", "c1", "d0", "d1"], list("ccdd"))


def test_images_searched_among_the_others_are_one_part():
    dataset = Dataset("mine", TRAIN, TEST)
    assert (dataset.query_part, dataset.gallery_part) == ("test", "test")
    assert dataset.test_parts == {"test": TEST}


def test_queries_and_gallery_are_a_part_each():
    is_query = np.array([False, True, False, True])
    dataset = Dataset("mine", TRAIN, **with_roles(TEST, is_query))
    parts = dataset.test_parts
    assert set(parts) == {"query", "gallery"}
    assert list(parts[dataset.query_part].paths) == ["c1", "d1"]
    assert list(parts[dataset.gallery_part].paths) == ["c0", "d0"]
