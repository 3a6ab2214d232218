"""What all data sets share, and the digits."""

from __future__ import annotations

import re

import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

from dnc_keras import datasets
from dnc_keras.datasets import Dataset
from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets.contents import InMemory
from dnc_keras.datasets.dataset import with_roles


def _index(names, **fields):
    paths = [f"{row}.png" for row in range(len(names))]
    return ImageIndex.from_class_names(paths, names, **fields)


def test_classes_are_numbered_in_sorted_order():
    index = _index(["b", "c", "a", "b"])
    assert index.class_names == ("a", "b", "c")
    np.testing.assert_array_equal(index.labels, [1, 2, 0, 1])
    assert index.labels.dtype == np.int32
    assert (len(index), index.num_images, index.num_classes) == (4, 4, 3)


def test_classes_are_numbered_in_the_order_given():
    index = _index(["b", "a"], class_names=["b", "a"])
    np.testing.assert_array_equal(index.labels, [0, 1])


def test_subset_numbers_its_classes_again():
    index = _index(
        ["b", "c", "a", "b"],
        contents=InMemory.of([b"0", b"1", b"2", b"3"]),
        cameras=np.array([5, 6, 7, 8]),
    )
    subset = index.subset(np.array([3, 1]))
    assert list(subset.paths) == ["3.png", "1.png"]
    assert subset.class_names == ("b", "c")
    np.testing.assert_array_equal(subset.labels, [0, 1])
    assert list(subset.contents) == [b"3", b"1"]
    assert list(subset.cameras) == [8, 6]


def test_subset_takes_a_mask():
    subset = _index(["a", "b", "a"]).subset(np.array([True, False, True]))
    assert list(subset.paths) == ["0.png", "2.png"]
    assert subset.class_names == ("a",)


@pytest.mark.parametrize(
    "fraction, num_held_out", [(0.3, 3), (0.5, 5), (0.01, 2), (0.99, 8)]
)
def test_split_classes_holds_out_whole_classes(fraction, num_held_out):
    index = _index([f"class{row % 10}" for row in range(30)])
    rest, held_out = index.split_classes(fraction, seed=0)
    assert held_out.num_classes == num_held_out
    assert not set(rest.class_names) & set(held_out.class_names)
    assert sorted([*rest.paths, *held_out.paths]) == sorted(index.paths)
    assert len(held_out) == 3 * num_held_out


def test_split_classes_is_a_function_of_the_seed():
    index = _index([str(row) for row in range(20)])
    splits = [index.split_classes(0.5, seed)[1] for seed in (1, 1, 2)]
    assert splits[0].class_names == splits[1].class_names
    assert splits[0].class_names != splits[2].class_names


@pytest.mark.parametrize(
    "names, fraction, message",
    [
        ("abc", 0.5, "needs at least four: two on each side. Received: 3."),
        ("abcd", 1.0, "must be between 0 and 1. Received: 1.0."),
        ("abcd", 0.0, "must be between 0 and 1. Received: 0.0."),
    ],
)
def test_split_classes_says_when_it_cannot(names, fraction, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        _index(list(names)).split_classes(fraction, seed=0)


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"labels": [0, 1, 1]}, "lengths: {'paths': 2, 'labels': 3}"),
        ({"contents": [b"x"]}, "'contents': 1}"),
        ({"labels": [0, 2]}, "2 labels from 0 to 2 for 2 class names"),
        ({"labels": [1, 2]}, "2 labels from 1 to 2 for 2 class names"),
        ({"labels": [0, 0]}, "1 labels from 0 to 0 for 2 class names"),
        ({"paths": [], "labels": []}, "at least one image"),
    ],
)
def test_an_index_checks_what_it_is_given(fields, message):
    right = {"paths": ["0", "1"], "labels": [0, 1], "class_names": ("a", "b")}
    with pytest.raises(ValueError, match=re.escape(message)):
        ImageIndex(**{**right, **fields})


def test_a_data_set_refuses_a_class_on_both_sides():
    with pytest.raises(ValueError, match="Classes in both: 'b', 'c'. Move"):
        Dataset("mine", _index(list("abc")), _index(list("bcd")))


def test_a_data_set_refuses_a_single_class():
    with pytest.raises(ValueError, match="test of data set mine needs at le"):
        Dataset("mine", _index(list("ab")), _index(list("cc")))


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="'digit'. Names: digits, omniglot, c"):
        datasets.load("digit")


@pytest.mark.parametrize("name", sorted({*datasets.LOADERS} - {"digits"}))
def test_data_dir_is_asked_for(name):
    with pytest.raises(ValueError, match="This data set needs a data_dir: "):
        datasets.load(name)


@pytest.mark.parametrize(
    "name, layout",
    [
        ("omniglot", "images_background.zip .* from https://github.com/bren"),
        ("folder", "data_dir/<class>/<images>"),
        ("csv", "columns path,label,split"),
    ],
)
def test_absent_data_dir_tells_what_was_looked_for(name, layout, tmp_path):
    with pytest.raises(FileNotFoundError, match=f"absent'. Looked .*{layout}"):
        datasets.load(name, tmp_path / "absent")


def test_digits_hold_0_to_4_for_training_and_5_to_9_for_testing():
    digits = datasets.load("digits")
    assert digits.train.class_names == ("0", "1", "2", "3", "4")
    assert digits.test.class_names == ("5", "6", "7", "8", "9")
    # scikit-learn's description: 1,797 scans, 178 of them zeros.
    assert len(digits.train) + len(digits.test) == 1797
    assert np.count_nonzero(digits.train.labels == 0) == 178
    assert digits.query is None and digits.gallery is None
    assert digits.protocol.startswith("zero-shot: test classes unseen, each")


def test_digits_are_png_images_of_the_scans():
    train = datasets.load("digits").train
    row = int(train.paths[42].removeprefix("digits/").removesuffix(".png"))
    image = tf.io.decode_png(train.contents[42])
    assert image.shape == [8, 8, 1]
    expected = np.round(load_digits().images[row] * 255 / 16)
    np.testing.assert_array_equal(image[..., 0], expected)
    assert train.class_names[train.labels[42]] == str(load_digits().target[row])


def test_digits_refuse_a_data_dir():
    with pytest.raises(ValueError, match="data_dir='mine'. Drop it, or name"):
        datasets.load("digits", "mine")


def test_with_roles_puts_the_classes_of_queries_first():
    roles = with_roles(_index("abbcc"), np.array([0, 0, 0, 1, 0], bool))
    assert roles["test"].class_names == ("c", "a", "b")
    np.testing.assert_array_equal(roles["test"].labels, [1, 2, 2, 0, 0])
    assert roles["query"].class_names == ("c",)
    assert roles["gallery"].class_names == ("c", "a", "b")
    np.testing.assert_array_equal(roles["gallery"].labels, [1, 2, 2, 0])


def test_with_roles_refuses_a_query_without_a_gallery_image():
    with pytest.raises(ValueError, match="Classes without: 'a'. Add one, or"):
        with_roles(_index("abb"), np.array([1, 1, 0], bool))


@pytest.mark.parametrize(
    "first, class_names, labels",
    [
        ([2], ("c", "a", "b"), [1, 1, 2, 0]),
        ([1, 0], ("b", "a", "c"), [1, 1, 0, 2]),
        ([], ("a", "b", "c"), [0, 0, 1, 2]),
    ],
)
def test_reordered_classes_keep_their_images(first, class_names, labels):
    index = _index("aabc")
    reordered = index.reorder_classes(np.array(first, int))
    assert reordered.class_names == class_names
    np.testing.assert_array_equal(reordered.labels, labels)
    assert reordered.labels.dtype == np.int32
    assert reordered.paths is index.paths
