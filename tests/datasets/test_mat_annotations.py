"""The MATLAB files that annotate CARS196."""

from __future__ import annotations

import pytest
from helpers.cars196_files import BOX
from helpers.cars196_files import TEST
from helpers.cars196_files import TEST_NAMES
from helpers.cars196_files import TRAIN
from helpers.cars196_files import annotation_rows
from helpers.cars196_files import write_full_annotations
from helpers.cars196_files import write_images
from helpers.cars196_files import write_mat
from helpers.cars196_files import write_split

from dnc_keras.datasets import cars196


def test_the_names_of_the_classes_may_be_missing(tmp_path):
    write_split(tmp_path)
    (tmp_path / "devkit" / "cars_meta.mat").unlink()
    loaded = cars196.load(tmp_path)
    assert loaded.test.class_names == ("class 99", "class 196")


def test_unlabelled_annotations_are_not_enough(tmp_path):
    write_split(tmp_path)
    (tmp_path / "cars_test_annos_withlabels.mat").rename(
        tmp_path / "devkit" / "cars_test_annos.mat"
    )
    message = (
        "has cars_train/ and cars_test/, but cars_test_annos_withlabels.mat "
        "must be there too. Neither cars_test_annos.mat, which has no labels"
    )
    with pytest.raises(FileNotFoundError, match=message):
        cars196.load(tmp_path)


def test_annotations_of_other_files_are_not_taken(tmp_path):
    write_full_annotations(tmp_path)
    write_images(tmp_path / "cars_train" / "cars_train", TRAIN)
    write_images(tmp_path / "cars_test" / "cars_test", TEST)
    message = (
        "but cars_train_annos.mat and cars_test_annos_withlabels.mat must be "
        "there too. .* cars_annos.mat, which numbers the images of car_ims/, "
        "can be used instead. The links .* on Kaggle: "
    )
    with pytest.raises(FileNotFoundError, match=message):
        cars196.load(tmp_path)


@pytest.mark.parametrize("class_id", [0, 197])
def test_classes_outside_are_named(tmp_path, class_id):
    write_split(tmp_path)
    write_mat(
        tmp_path / "cars_test_annos_withlabels.mat",
        annotation_rows({**TEST, "00002.jpg": class_id}),
    )
    message = f"numbered from 1 to 196. Received: '{class_id}'. Get the offic"
    with pytest.raises(ValueError, match=message):
        cars196.load(tmp_path)


def test_one_annotation_is_enough_for_a_file(tmp_path):
    write_split(tmp_path)
    write_mat(
        tmp_path / "cars_test_annos_withlabels.mat",
        annotation_rows({"00002.jpg": 196}),
    )
    assert cars196.load(tmp_path).test.class_names == TEST_NAMES


def test_annotations_without_classes_are_named(tmp_path):
    write_split(tmp_path)
    rows = [{**dict(BOX), "fname": name} for name in TEST]
    write_mat(tmp_path / "cars_test_annos_withlabels.mat", rows)
    message = "withlabels.mat' must have fname and class. Received: .*Get the"
    with pytest.raises(ValueError, match=message):
        cars196.load(tmp_path)


@pytest.mark.parametrize("length", [0, 100, 300, 700])
def test_damaged_annotations_are_named(tmp_path, length):
    write_split(tmp_path)
    file = tmp_path / "devkit" / "cars_train_annos.mat"
    file.write_bytes(file.read_bytes()[:length])
    message = "cars_train_annos.mat' must be a MATLAB file with annotations. "
    with pytest.raises(ValueError, match=message):
        cars196.load(tmp_path)
