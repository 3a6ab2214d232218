"""Class folders."""

from __future__ import annotations

import os

import numpy as np
import pytest
from helpers.image_files import png
from helpers.image_files import write_image

from dnc_keras import datasets


def _write(root, *names):
    for name in names:
        write_image(root / name)


def _write_classes(root, names, num_images=2):
    for name in names:
        _write(root, *(f"{name}/{row}.png" for row in range(num_images)))


def _names(index):
    return [index.class_names[label] for label in index.labels]


def test_half_of_the_classes_are_for_the_test(tmp_path):
    _write_classes(tmp_path, "abcdef", num_images=3)
    loaded = datasets.load("folder", tmp_path)
    assert loaded.train.num_classes == loaded.test.num_classes == 3
    for index in (loaded.train, loaded.test):
        assert _names(index) == [path.split("/")[-2] for path in index.paths]
        assert len(index) == 9
    assert not set(loaded.train.class_names) & set(loaded.test.class_names)


def test_another_seed_draws_other_test_classes(tmp_path):
    _write_classes(tmp_path, "abcdefghijkl")
    drawn = [
        datasets.load("folder", tmp_path, test_fraction=0.25, seed=seed).test
        for seed in (0, 0, 1)
    ]
    assert drawn[0].num_classes == 3
    assert drawn[0].class_names == drawn[1].class_names
    assert drawn[0].class_names != drawn[2].class_names


def test_test_classes_can_be_named(tmp_path):
    _write_classes(tmp_path, "abcd")
    loaded = datasets.load("folder", str(tmp_path), test_classes=["d", "b"])
    assert loaded.train.class_names == ("a", "c")
    assert loaded.test.class_names == ("b", "d")


def test_train_and_test_folders_are_taken_as_they_are(tmp_path):
    _write_classes(tmp_path / "train", "ab")
    _write_classes(tmp_path / "test", "cde")
    loaded = datasets.load("folder", tmp_path)
    assert loaded.train.class_names == ("a", "b")
    assert loaded.test.class_names == ("c", "d", "e")


def test_odd_names_work_and_hidden_files_are_skipped(tmp_path):
    _write_classes(tmp_path, ["a", "b", "c"])
    _write(tmp_path, "Grüße 1/Bild 1.JPG", "Grüße 1/été.Png")
    _write(tmp_path, "a/._0.png", "a/.DS_Store", ".git/x.png", "._b/x.png")
    _write(tmp_path, "notes.png")
    loaded = datasets.load("folder", tmp_path, test_classes=["Grüße 1", "a"])
    names = [path.rsplit("/", 1)[-1] for path in loaded.test.paths]
    assert names == ["Bild 1.JPG", "été.Png", "0.png", "1.png"]
    assert loaded.train.class_names == ("b", "c")


def test_files_that_are_no_images_are_told(tmp_path, caplog):
    _write_classes(tmp_path, "abcd")
    _write(tmp_path, "a/notes.txt", "a/new.tiff")
    loaded = datasets.load("folder", tmp_path)
    assert len(loaded.train) + len(loaded.test) == 8
    assert "'new.tiff', 'notes.txt'." in caplog.text


def test_classes_with_fewer_than_two_images_are_named(tmp_path):
    _write_classes(tmp_path, "abcd")
    _write(tmp_path, "lonely/0.png")
    (tmp_path / "void").mkdir()
    message = "at least two images. 2 in .* with fewer: 'lonely', 'void'. Add"
    with pytest.raises(ValueError, match=message):
        datasets.load("folder", tmp_path)


def test_many_small_classes_are_counted_and_the_first_named(tmp_path):
    _write_classes(tmp_path, [f"{row:02d}" for row in range(12)], num_images=1)
    message = r"12 in .*: '00', .*'09', ... \(12 in all\). Add"
    with pytest.raises(ValueError, match=message):
        datasets.load("folder", tmp_path)


def test_a_folder_without_class_folders_is_refused(tmp_path):
    _write(tmp_path, "0.png")
    with pytest.raises(FileNotFoundError, match="No class folders in .*<class"):
        datasets.load("folder", tmp_path)


def test_unknown_test_classes_are_named(tmp_path):
    _write_classes(tmp_path, "abcd")
    message = "Not there: 'x'. Classes: 'a', 'b', 'c', 'd'."
    with pytest.raises(ValueError, match=message):
        datasets.load("folder", tmp_path, test_classes=["x", "a"])


def test_some_classes_must_be_left_for_training(tmp_path):
    _write_classes(tmp_path, "ab")
    with pytest.raises(ValueError, match="names all classes. Leave at least"):
        datasets.load("folder", tmp_path, test_classes=["a", "b"])


def test_test_classes_have_no_use_beside_a_test_folder(tmp_path):
    _write_classes(tmp_path / "train", "ab")
    _write_classes(tmp_path / "test", "cd")
    with pytest.raises(ValueError, match="test_classes has no use. .* 'c'."):
        datasets.load("folder", tmp_path, test_classes=["c"])


def test_mixed_layouts_are_refused(tmp_path):
    _write_classes(tmp_path / "train", "ab")
    _write_classes(tmp_path / "test", "cd")
    _write_classes(tmp_path, "e")
    with pytest.raises(ValueError, match="and other folders: 'e'. Move these"):
        datasets.load("folder", tmp_path)


def test_a_class_in_train_and_test_is_refused(tmp_path):
    _write_classes(tmp_path / "train", "abc")
    _write_classes(tmp_path / "test", "cde")
    with pytest.raises(ValueError, match="Classes in both: 'c'. Move each"):
        datasets.load("folder", tmp_path)


@pytest.mark.parametrize("name", [b"caf\xe9.png", "ä\n.png".encode()])
def test_names_of_any_bytes_are_read(tmp_path, name):
    for label in "abcd":
        (tmp_path / label).mkdir()
        for other in (b"1.png", name):
            path = os.path.join(os.fsencode(tmp_path / label), other)
            with open(path, "wb") as file:
                file.write(png(np.zeros([4, 4, 3], np.uint8)))
    data = datasets.load("folder", tmp_path)
    assert data.train.find_unreadable() == data.test.find_unreadable() == []


def test_what_is_no_file_is_skipped_by_name(tmp_path, caplog):
    for label in "abcd":
        (tmp_path / label).mkdir()
        for number in range(2):
            (tmp_path / label / f"{number}.png").write_bytes(b"1")
    os.mkfifo(tmp_path / "a" / "pipe.png")
    (tmp_path / "b" / "zero.png").symlink_to("/dev/zero")
    data = datasets.load("folder", tmp_path)
    assert len(data.train) + len(data.test) == 8
    assert "pipe.png (a FIFO, not a file)" in caplog.text
    assert "zero.png (a device, not a file)" in caplog.text
