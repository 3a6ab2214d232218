"""CUB200-2011, in the forms that people have."""

from __future__ import annotations

import tarfile

import numpy as np
import pytest
import tensorflow as tf
from helpers.image_files import write_image

from dnc_keras.datasets import cub200_2011

_NAMES = {
    2: "002.Laysan_Albatross",
    100: "100.Brown_Pelican",
    101: "101.White_Pelican",
    200: "200.Common Größe",
}
_OUTSIDE = "Classes must be numbered from 1 to 200. Received: '201'. Get the"


def _write_images(root, names=_NAMES.values(), files=("a 1.jpg", "b.JPG")):
    for name in names:
        for file in files:
            write_image(root / name / file)


def _write_official(folder):
    _write_images(folder / "images")
    images, labels = [], []
    # Ids with gaps, and labels in another order.
    for class_id, name in _NAMES.items():
        for offset, file in enumerate(("a 1.jpg", "b.JPG")):
            images.append(f"{5 * class_id + offset} {name}/{file}")
            labels.append(f"{5 * class_id + offset} {class_id}")
    _write_lines(folder / "images.txt", images)
    _write_lines(folder / "image_class_labels.txt", labels[::-1])
    _write_lines(
        folder / "classes.txt", [f"{i} {n}" for i, n in _NAMES.items()]
    )


def _write_lines(file, lines):
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _write_archive(root):
    _write_official(root / "made" / "CUB_200_2011")
    (root / "made" / "attributes.txt").write_text("1 has_bill_shape")
    with tarfile.open(root / "CUB_200_2011.tgz", "w:gz") as archive:
        for name in ("attributes.txt", "CUB_200_2011"):
            archive.add(root / "made" / name, name)
    for path in sorted((root / "made").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (root / "made").rmdir()


def _check(loaded, num_images=2):
    assert loaded.name == "cub200_2011"
    assert loaded.train.class_names == (_NAMES[2], _NAMES[100])
    assert loaded.test.class_names == (_NAMES[101], _NAMES[200])
    labels = np.repeat([0, 1], num_images)
    for index in (loaded.train, loaded.test):
        np.testing.assert_array_equal(index.labels, labels)
        folders = [path.split("/")[-2] for path in index.paths]
        assert folders == [index.class_names[label] for label in labels]
        assert all(tf.io.gfile.exists(path) for path in index.paths)


@pytest.mark.parametrize("place", ["", "CUB_200_2011", "copy/CUB_200_2011"])
def test_the_official_folder_is_read(tmp_path, place):
    _write_official(tmp_path / place)
    loaded = cub200_2011.load(tmp_path)
    _check(loaded)
    assert loaded.source.startswith("official folder CUB_200_2011/ with imag")


def test_the_list_of_classes_may_be_missing(tmp_path):
    _write_official(tmp_path)
    (tmp_path / "classes.txt").unlink()
    loaded = cub200_2011.load(tmp_path)
    assert loaded.train.class_names == ("class 2", "class 100")


@pytest.mark.parametrize("place", ["", "downloads/manual"])
def test_the_official_archive_is_extracted_once(tmp_path, place):
    folder = tmp_path / place
    folder.mkdir(parents=True, exist_ok=True)
    _write_archive(folder)
    loaded = cub200_2011.load(tmp_path)
    _check(loaded)
    assert loaded.source == "official archive CUB_200_2011.tgz"
    (folder / "CUB_200_2011.tgz").unlink()
    _check(cub200_2011.load(tmp_path))


@pytest.mark.parametrize("place", ["", "images", "CUB_200_2011/images"])
def test_class_folders_are_numbered_by_their_names(tmp_path, place):
    _write_images(tmp_path / place)
    _write_images(tmp_path / place, ["._101.White_Pelican", "segmentations"])
    loaded = cub200_2011.load(tmp_path)
    _check(loaded)
    assert loaded.source.startswith("class folders 001.Black_footed_Albatross")


def test_hidden_files_in_class_folders_are_skipped(tmp_path):
    _write_images(tmp_path)
    _write_images(tmp_path, files=["._a 1.jpg"])
    _check(cub200_2011.load(tmp_path))


def test_a_split_within_classes_is_merged(tmp_path):
    _write_images(tmp_path / "CUB" / "train")
    _write_images(tmp_path / "CUB" / "test", files=["c.jpg"])
    _check(cub200_2011.load(tmp_path), num_images=3)


def test_a_partial_copy_is_a_warning_with_the_numbers(tmp_path, caplog):
    _write_official(tmp_path)
    (tmp_path / "images" / _NAMES[101] / "b.JPG").unlink()
    cub200_2011.load(tmp_path)
    assert "its lists name 1 of 8 images that do not exist" in caplog.text
    assert (
        "cub200_2011 should hold 5864 train images of 100 classes. Received: "
        "4 of 2. Results are not comparable."
    ) in caplog.text
    assert "5924 test images of 100 classes. Received: 3 of 2." in caplog.text


@pytest.mark.parametrize(
    "line, message",
    [
        ("7 2", "not the same number of lines for '7'. Extract the official"),
        ("10 2", "not the same number of lines for '10'. Extract the officia"),
    ],
)
def test_lists_must_have_the_same_ids(tmp_path, line, message):
    _write_official(tmp_path)
    with open(tmp_path / "image_class_labels.txt", "a") as labels:
        labels.write(f"{line}\n")
    with pytest.raises(ValueError, match=f"must list the same ids.*{message}"):
        cub200_2011.load(tmp_path)


def test_official_labels_outside_are_named(tmp_path):
    _write_official(tmp_path)
    labels = tmp_path / "image_class_labels.txt"
    labels.write_text(labels.read_text().replace(" 200\n", " 201\n"))
    with pytest.raises(ValueError, match=_OUTSIDE):
        cub200_2011.load(tmp_path)


def test_numbers_of_class_folders_outside_are_named(tmp_path):
    _write_images(tmp_path, [*_NAMES.values(), "201.Dodo"])
    with pytest.raises(ValueError, match=_OUTSIDE):
        cub200_2011.load(tmp_path)


def test_class_folders_of_the_same_number_are_refused(tmp_path):
    _write_images(tmp_path, [*_NAMES.values(), "2.Laysan", "0101.Pelican"])
    message = (
        "needs a number of its own. Received: '002.Laysan_Albatross', "
        "'0101.Pelican', '101.White_Pelican', '2.Laysan'. Remove or merge"
    )
    with pytest.raises(ValueError, match=message):
        cub200_2011.load(tmp_path)


def test_lists_without_the_folder_of_images_are_not_taken(tmp_path):
    _write_official(tmp_path)
    (tmp_path / "images").rename(tmp_path / "renamed")
    loaded = cub200_2011.load(tmp_path)
    assert loaded.source.startswith("class folders")


def test_an_empty_folder_says_what_was_looked_for(tmp_path):
    message = (
        "No images of cub200_2011 in .*official folder CUB_200_2011/ with "
        "images/.*; or official archive CUB_200_2011.tgz; or caltech_birds"
        "2011/ with a version.*; or class folders 001.*https://data.caltech.edu/records/65de6-vp158"
    )
    with pytest.raises(FileNotFoundError, match=message) as caught:
        cub200_2011.load(tmp_path)
    assert "\n" not in str(caught.value)
