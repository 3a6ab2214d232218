"""CARS196, in the forms that people have."""

from __future__ import annotations

import os
import pathlib
import tarfile

import numpy as np
import pytest
from helpers.cars196_files import TEST_NAMES
from helpers.cars196_files import file_names
from helpers.cars196_files import write_full_annotations
from helpers.cars196_files import write_images
from helpers.cars196_files import write_split

from dnc_keras.datasets import cars196

_REAL = pathlib.Path(os.environ.get("DNC_DATA", "absent"), "cars196.tar")
_TRAIN_NAMES = ("Car 001", "Car 098")


def _write_full(root):
    write_full_annotations(root)
    write_images(root / "car_ims", [f"{row:06d}.jpg" for row in range(1, 7)])


def _pack(archive, path):
    """Moves a file or a folder into an archive, by its name alone."""
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(path, path.name)
    path.rename(archive.parent.parent / f"packed_{path.name}")


def _check_split(loaded):
    assert loaded.name == "cars196"
    assert loaded.train.class_names == _TRAIN_NAMES
    assert loaded.test.class_names == TEST_NAMES
    train = ["00002.jpg", "00003.JPG", "00001.jpg", "00003.jpg"]
    assert [path.rsplit("/", 1)[1] for path in loaded.train.paths] == train
    np.testing.assert_array_equal(loaded.train.labels, [0, 1, 1, 0])
    assert file_names(loaded.test.paths) == [
        "cars_train/00001.jpg",
        "cars_test/00002.jpg",
    ]
    np.testing.assert_array_equal(loaded.test.labels, [0, 1])


def _check_full(loaded):
    assert loaded.train.class_names == _TRAIN_NAMES
    assert loaded.test.class_names == TEST_NAMES
    assert file_names(loaded.train.paths) == [
        f"car_ims/00000{number}.jpg" for number in (2, 3, 4, 6)
    ]
    np.testing.assert_array_equal(loaded.train.labels, [0, 1, 1, 0])
    assert file_names(loaded.test.paths) == [
        "car_ims/000001.jpg",
        "car_ims/000005.jpg",
    ]


@pytest.mark.parametrize("place", ["", "data/cars 196"])
def test_the_folder_of_all_images_is_read(tmp_path, place):
    _write_full(tmp_path / place)
    loaded = cars196.load(tmp_path)
    _check_full(loaded)
    assert loaded.source == "official folder car_ims/ with cars_annos.mat"


@pytest.mark.parametrize("place", ["", "Größe 1"])
def test_the_official_folders_are_merged(tmp_path, place):
    write_split(tmp_path / place)
    loaded = cars196.load(tmp_path)
    _check_split(loaded)
    assert loaded.source == (
        "official folders cars_train/ and cars_test/ with "
        "cars_train_annos.mat and cars_test_annos_withlabels.mat"
    )


def test_images_may_be_nested_once_more(tmp_path):
    write_split(tmp_path, "cars_train/cars_train", "cars_test/cars_test")
    _check_split(cars196.load(tmp_path))


@pytest.mark.parametrize(
    "name",
    [
        "devkit/cars_test_annos_withlabels.mat",
        "downloads/manual/cars_test_annos_withlabels.mat",
    ],
)
def test_the_test_labels_may_be_elsewhere(tmp_path, name):
    write_split(tmp_path)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "cars_test_annos_withlabels.mat").rename(tmp_path / name)
    _check_split(cars196.load(tmp_path))


def test_the_archive_of_all_images_is_extracted_once(tmp_path):
    root = tmp_path / "data"
    _write_full(root)
    _pack(root / "car_ims.tgz", root / "car_ims")
    loaded = cars196.load(root)
    _check_full(loaded)
    assert loaded.source == "official archive car_ims.tgz with cars_annos.mat"
    (root / "car_ims.tgz").write_bytes(b"")
    _check_full(cars196.load(root))


def test_the_official_archives_are_extracted_once(tmp_path):
    root = tmp_path / "data"
    write_split(root)
    for archive, folder in (
        ("cars_train.tgz", "cars_train"),
        ("cars_test.tgz", "cars_test"),
        ("car_devkit.tgz", "devkit"),
    ):
        _pack(root / archive, root / folder)
    loaded = cars196.load(root)
    _check_split(loaded)
    assert loaded.source.startswith("official archives cars_train.tgz, cars_t")
    for archive in root.glob("*.tgz"):
        archive.write_bytes(b"")
    _check_split(cars196.load(root))


def test_archives_are_left_alone_without_the_test_labels(tmp_path):
    root = tmp_path / "data"
    write_split(root)
    _pack(root / "cars_train.tgz", root / "cars_train")
    _pack(root / "cars_test.tgz", root / "cars_test")
    (root / "cars_test_annos_withlabels.mat").unlink()
    with pytest.raises(FileNotFoundError, match="No images of cars196 in"):
        cars196.load(root)
    assert not (root / "cars_train").exists()


def test_a_partial_copy_is_a_warning_with_the_numbers(tmp_path, caplog):
    write_split(tmp_path)
    (tmp_path / "cars_test" / "00003.jpg").unlink()
    cars196.load(tmp_path)
    assert "its lists name 1 of 6 images that do not exist" in caplog.text
    assert (
        "cars196 should hold 8054 train images of 98 classes. Received: 3 of "
        "2. Results are not comparable."
    ) in caplog.text
    assert "8131 test images of 98 classes. Received: 2 of 2." in caplog.text


def test_an_empty_folder_says_what_was_looked_for(tmp_path):
    message = (
        "No images of cars196 in .*official folder car_ims/ with cars_annos"
        ".mat; or .*; or 196 class folders.*dead since 2023.*Kaggle"
    )
    with pytest.raises(FileNotFoundError, match=message) as caught:
        cars196.load(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not _REAL.exists(), reason="DNC_DATA has no cars196.tar")
def test_the_real_images_are_whole(tmp_path, caplog):
    with tarfile.open(_REAL) as archive:
        for member in archive:
            path = tmp_path / member.name
            if member.isfile():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.extractfile(member).read())
    loaded = cars196.load(tmp_path)
    assert (len(loaded.train), loaded.train.num_classes) == (8054, 98)
    assert (len(loaded.test), loaded.test.num_classes) == (8131, 98)
    assert loaded.train.class_names[97] == "Eagle Talon Hatchback 1998"
    # What the loader of class folders relies on.
    names = sorted([*loaded.train.class_names, *loaded.test.class_names])
    assert set(names[:98]) == set(loaded.train.class_names)
    assert not caplog.records
