"""Finding files and folders."""

from __future__ import annotations

import os

import numpy as np
import pytest

from dnc_keras.datasets import files


@pytest.fixture
def images(tmp_path):
    """A folder with a.png and the folders inner/ and inner/deep/."""
    (tmp_path / "inner" / "deep").mkdir(parents=True)
    for name in ("a.png", "inner/b.png", "inner/deep/c.png"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def _check_files(paths, expected):
    np.testing.assert_array_equal(files.are_files(paths), expected)


def test_the_nearest_entry_is_found(images):
    (images / "inner" / "c.png").write_bytes(b"")
    assert files.locate(images, "c.png") == images / "inner" / "c.png"
    assert files.locate(images, "deep/c.png") == images / "inner/deep/c.png"
    assert files.locate(images, "d.png") is None


def test_folders_that_cannot_be_read_are_left_out(images, monkeypatch):
    monkeypatch.setattr(
        os, "access", lambda path, mode: path != images / "inner"
    )
    assert files.subfolders(images) == [images / "inner"]
    assert files.readable_subfolders(images) == []
    assert list(files.nearby_folders(images)) == [images]
    assert files.locate(images, "b.png") is None


def test_files_are_told_from_folders_and_from_nothing(images):
    names = ("inner", "inner/b.png", "a.png", "inner/a.png", "gone/a.png")
    paths = [str(images / name) for name in names]
    expected = [False, True, True, False, False]
    _check_files(paths, expected)
    _check_files(np.array(paths, dtype=object), expected)


def test_no_paths_are_no_files():
    assert files.are_files([]).shape == (0,)


def test_paths_may_be_relative(images, monkeypatch):
    monkeypatch.chdir(images)
    _check_files(["a.png", "b.png", "inner/b.png"], [True, False, True])


def test_each_folder_is_listed_once_whatever_the_order(images, monkeypatch):
    listed = []
    scan = os.scandir

    def scandir(folder):
        listed.append(folder)
        return scan(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    names = ("a.png", "inner/b.png", "x.png", "inner/y.png")
    _check_files([str(images / x) for x in names], [True, True, False, False])
    assert listed == [f"{images}/", f"{images}/inner/"]


def test_the_root_folder_is_listed_as_such(monkeypatch):
    held = {"/": {"a.png"}, ".": {"b.png"}}
    monkeypatch.setattr(files, "_file_names", lambda folder: held[folder])
    paths = ["/a.png", "/b.png", "a.png", "b.png"]
    _check_files(paths, [True, False, False, True])


def test_links_count_as_what_they_lead_to(images):
    (images / "link.png").symlink_to(images / "a.png")
    (images / "folder.png").symlink_to(images / "inner")
    (images / "broken.png").symlink_to(images / "gone.png")
    (images / "loop.png").symlink_to(images / "loop.png")
    names = ("link.png", "folder.png", "broken.png", "loop.png", "a.png")
    paths = [str(images / name) for name in names]
    _check_files(paths, [True, False, False, False, True])


def test_the_file_system_decides_on_what_is_not_listed(images, monkeypatch):
    monkeypatch.setattr(files, "_file_names", lambda folder: set())
    _check_files([str(images / "a.png"), str(images / "b.png")], [True, False])


def test_a_name_that_cannot_be_is_no_file(images):
    _check_files([f"{images}/a\0.png", f"{images}/\0/a.png"], [False, False])


@pytest.mark.parametrize(
    "folder, path, expected",
    [
        ("/data", "a/b.png", "/data/a/b.png"),
        ("/data", "/other/b.png", "/other/b.png"),
        ("/", "b.png", "/b.png"),
        (".", "b.png", "b.png"),
        ("sets/mine", "b.png", "sets/mine/b.png"),
        ("/data/./x/..", "b.png", "/data/b.png"),
        ("/data", "./b.png", "/data/b.png"),
        ("/data", "../b.png", "/b.png"),
        ("/data", "a//b.png", "/data/a/b.png"),
        ("/data", "a/../b.png", "/data/b.png"),
        ("/data", "a/b.png/", "/data/a/b.png"),
        ("/data", "/other/./b.png", "/other/b.png"),
        ("/data", ".hidden/b.png", "/data/.hidden/b.png"),
        ("/data", "a\nb.png", "/data/a\nb.png"),
    ],
)
def test_paths_are_joined_and_tidied(folder, path, expected):
    joined = files.join_paths(folder, ["first.png", path])
    assert joined[1] == expected
    assert joined[0] == os.path.normpath(os.path.join(folder, "first.png"))


def test_locate_prefers_what_is_nearest_then_first_by_name(tmp_path):
    for folder in ("a/deep", "b", "c"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "a" / "deep" / "list.txt").touch()
    assert files.locate(tmp_path, "list.txt") == tmp_path / "a/deep/list.txt"
    (tmp_path / "c" / "list.txt").touch()
    (tmp_path / "b" / "list.txt").touch()
    assert files.locate(tmp_path, "list.txt") == tmp_path / "b/list.txt"
    (tmp_path / "list.txt").touch()
    assert files.locate(tmp_path, "list.txt") == tmp_path / "list.txt"


@pytest.mark.parametrize("folder", ["a/b/c", ".hidden"])
def test_locate_looks_neither_deeper_nor_into_hidden_folders(tmp_path, folder):
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "list.txt").touch()
    assert files.locate(tmp_path, "list.txt") is None


def test_locate_finds_an_entry_with_the_folder_it_is_in(tmp_path):
    (tmp_path / "a b" / "lists").mkdir(parents=True)
    (tmp_path / "a b" / "lists" / "ü.txt").touch()
    found = files.locate(tmp_path, "lists/ü.txt")
    assert found == tmp_path / "a b" / "lists" / "ü.txt"


def test_subfolders_are_sorted_and_not_hidden(tmp_path):
    for name in ("b", "a", ".git"):
        (tmp_path / name).mkdir()
    (tmp_path / "c.txt").touch()
    assert files.subfolders(tmp_path) == [tmp_path / "a", tmp_path / "b"]


def test_are_files_tells_files_from_folders_and_nothing(tmp_path):
    (tmp_path / "a.JPG").touch()
    (tmp_path / "ä 1.jpg").symlink_to(tmp_path / "a.JPG")
    (tmp_path / "folder.jpg").mkdir()
    names = ("a.JPG", "a.jpg", "ä 1.jpg", "folder.jpg", "no/folder.jpg")
    there = files.are_files([f"{tmp_path}/{name}" for name in names])
    assert there.tolist() == [True, False, True, False, False]
