"""CARS196 as class folders, wherever they were unpacked."""

from __future__ import annotations

import pytest
from helpers.cars196_files import CLASSES
from helpers.cars196_files import file_names
from helpers.cars196_files import write_images

from dnc_keras.datasets import cars196


def _write_class_folders(root, names=CLASSES, files=("1.jpg",)):
    for name in names:
        write_images(root / name, files)


@pytest.mark.parametrize("place", ["", "images", "cars196/images"])
def test_class_folders_are_numbered_in_sorted_order(tmp_path, place):
    _write_class_folders(tmp_path / place)
    (tmp_path / "names.csv").touch()
    loaded = cars196.load(tmp_path)
    assert loaded.train.class_names == tuple(CLASSES[:98])
    assert loaded.test.class_names == tuple(CLASSES[98:])
    assert file_names(loaded.test.paths)[0] == "Car 099/1.jpg"
    assert loaded.source.startswith("196 class folders, in data_dir, in image")


def test_class_folders_may_be_numbers(tmp_path):
    _write_class_folders(tmp_path, [str(number) for number in range(196)])
    loaded = cars196.load(tmp_path)
    assert loaded.train.class_names == tuple(map(str, range(98)))
    assert loaded.test.class_names == tuple(map(str, range(98, 196)))


@pytest.mark.parametrize("prefix", ["", "cars_"])
def test_a_split_of_class_folders_is_merged(tmp_path, prefix):
    train, test = (
        tmp_path / "car_data" / "car_data" / f"{prefix}{half}"
        for half in ("train", "test")
    )
    _write_class_folders(train, files=["1.jpg", "2.JPG"])
    _write_class_folders(test, CLASSES[:-1], files=["3.jpg"])
    loaded = cars196.load(tmp_path)
    assert file_names(loaded.train.paths)[:4] == [
        "Car 001/1.jpg",
        "Car 001/2.JPG",
        "Car 001/3.jpg",
        "Car 002/1.jpg",
    ]
    assert (len(loaded.train), len(loaded.test)) == (294, 293)


def test_another_number_of_class_folders_is_refused(tmp_path):
    _write_class_folders(tmp_path / "images", CLASSES[:3])
    message = (
        "cars196 needs 196 class folders. Received: 3 in '.*images'. Which "
        "classes .*: complete the copy, or use --dataset=folder."
    )
    with pytest.raises(ValueError, match=message):
        cars196.load(tmp_path)
