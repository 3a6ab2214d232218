"""Omniglot, as archives and as folders."""

from __future__ import annotations

import os
import pathlib
import zipfile

import numpy as np
import pytest

from dnc_keras import datasets
from dnc_keras import images

_REAL = pathlib.Path(os.environ.get("DNC_DATA", "absent"), "omniglot")
_DRAWINGS = {
    "images_background": [
        "Latin/character01/2_01.png",
        "Greek/character01/1_02.png",
        "Greek/character01/1_01.png",
    ],
    "images_evaluation": [
        "Tengwar/character02/4_01.png",
        "Tengwar/character01/3_01.png",
    ],
}


def _write_archives(root):
    """Each member holds its own name, which no loader minds."""
    for name, drawings in _DRAWINGS.items():
        with zipfile.ZipFile(root / f"{name}.zip", "w") as archive:
            archive.writestr(f"{name}/", "")
            for drawing in drawings:
                archive.writestr(f"{name}/{drawing}", drawing)
            archive.writestr(f"__MACOSX/{name}/Latin/c/._2_01.png", "hidden")


def _write_folders(root):
    _write_archives(root)
    for name in _DRAWINGS:
        with zipfile.ZipFile(root / f"{name}.zip") as archive:
            archive.extractall(root)
        (root / f"{name}.zip").unlink()


def _check_labels(loaded):
    characters = ("Greek/character01", "Latin/character01")
    assert loaded.train.class_names == characters
    np.testing.assert_array_equal(loaded.train.labels, [0, 0, 1])
    assert loaded.test.class_names == (
        "Tengwar/character01",
        "Tengwar/character02",
    )


def test_archives_are_read_where_they_are(tmp_path):
    _write_archives(tmp_path)
    loaded = datasets.load("omniglot", tmp_path)
    _check_labels(loaded)
    assert list(loaded.train.paths) == [
        "images_background.zip/Greek/character01/1_01.png",
        "images_background.zip/Greek/character01/1_02.png",
        "images_background.zip/Latin/character01/2_01.png",
    ]
    assert list(loaded.train.contents) == [
        path.split("/", 1)[1].encode() for path in loaded.train.paths
    ]
    assert len(list(tmp_path.iterdir())) == 2


def test_extracted_folders_are_read(tmp_path):
    _write_folders(tmp_path)
    loaded = datasets.load("omniglot", tmp_path)
    _check_labels(loaded)
    assert loaded.train.contents is None
    assert [pathlib.Path(path).read_text() for path in loaded.test.paths] == [
        "Tengwar/character01/3_01.png",
        "Tengwar/character02/4_01.png",
    ]


def test_a_partial_copy_is_a_warning_with_the_numbers(tmp_path, caplog):
    _write_archives(tmp_path)
    datasets.load("omniglot", tmp_path)
    assert (
        "images_evaluation should hold 659 characters and 13180 drawings. "
        "Received: 2 characters and 2 drawings."
    ) in caplog.text


def test_a_missing_half_is_named(tmp_path):
    _write_archives(tmp_path)
    (tmp_path / "images_evaluation.zip").unlink()
    with pytest.raises(FileNotFoundError, match="No drawings of images_eval"):
        datasets.load("omniglot", tmp_path)


def test_an_archive_without_drawings_is_named(tmp_path):
    _write_archives(tmp_path)
    with zipfile.ZipFile(tmp_path / "images_background.zip", "w") as archive:
        archive.writestr("readme.txt", "")
    with pytest.raises(FileNotFoundError, match="No drawings of images_backg"):
        datasets.load("omniglot", tmp_path)


def test_a_cut_archive_is_named(tmp_path):
    _write_archives(tmp_path)
    archive = tmp_path / "images_evaluation.zip"
    archive.write_bytes(archive.read_bytes()[:-30])
    message = "images_evaluation.zip' is no complete zip .* Download it again"
    with pytest.raises(ValueError, match=message):
        datasets.load("omniglot", tmp_path)


@pytest.mark.skipif(not _REAL.exists(), reason="DNC_DATA has no omniglot")
def test_the_real_archives_are_whole(caplog):
    loaded = datasets.load("omniglot", _REAL)
    assert (len(loaded.train), loaded.train.num_classes) == (19280, 964)
    assert (len(loaded.test), loaded.test.num_classes) == (13180, 659)
    assert not caplog.records
    read = loaded.test.reader()
    assert images.decode(read(13179)).shape == [105, 105, 3]
