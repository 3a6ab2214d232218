"""`~` is the home folder in every path that a user gives to the library."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest

from dnc_keras import backbones
from dnc_keras import callbacks
from dnc_keras import datasets
from dnc_keras import gallery
from dnc_keras.export import latest_version
from dnc_keras.runs import RunDirectory
from dnc_keras.support import paths
from dnc_keras.support import whole_files


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The home folder, which is not the working directory."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    return home


def test_a_leading_tilde_is_the_home_folder(home):
    assert paths.expanded("~/x") == f"{home}/x"
    assert paths.expanded(pathlib.Path("~")) == str(home)
    assert paths.expanded_path("~/x") == home / "x"


@pytest.mark.parametrize("path", ["", "a/~/b", "/a", "~nobody_has_this/x"])
def test_other_paths_stay_as_they_are(path):
    assert paths.expanded(path) == path


def test_files_are_written_and_read_at_home(home, tmp_path):
    whole_files.write_json("~/a.json", [1])
    whole_files.write_npz("~/a.npz", {"a": np.ones(2)})
    whole_files.write_csv("~/a.csv", [{"a": 1}])
    assert whole_files.read_json("~/a.json") == [1]
    assert sorted(p.name for p in home.iterdir()) == [
        *("a.csv", "a.json", "a.npz")
    ]
    assert [p.name for p in tmp_path.iterdir()] == ["home"]


def test_folders_of_the_library_are_at_home(home):
    assert RunDirectory("~/run").path == home / "run"
    resume = callbacks.Resume("~/run")
    assert resume._fit_run.directory.path == home / "run"
    recorder = callbacks.RunRecorder("~/run")
    assert recorder._fit_run.directory.path == home / "run"
    (home / "1").mkdir()
    (home / "1" / "saved_model.pb").touch()
    assert latest_version("~") == home / "1"


def test_embeddings_are_read_from_home(home):
    np.save(home / "rows.npy", np.eye(2, dtype=np.float32))
    assert len(gallery.read_embeddings("~/rows.npy")) == 2


@pytest.mark.parametrize(
    "read",
    [
        lambda path: datasets.load("folder", path),
        gallery.read_embeddings,
        lambda path: backbones.build_backbone("resnet50", 32, path),
    ],
)
def test_the_name_of_no_user_is_no_traceback(read):
    with pytest.raises((ValueError, OSError), match="~nobody_has_this/x"):
        read("~nobody_has_this/x")


def test_a_name_is_seen_from_its_folder_if_it_is_in_there(home):
    seen = paths.name_within
    assert seen("photos/ant/1.jpg", "photos/") == "ant/1.jpg"
    assert seen(f"{home}/photos/1.jpg", "~/photos") == "1.jpg"
    assert seen("/photos2/1.jpg", "/photos") == "/photos2/1.jpg"
    assert seen("set.zip/1.jpg", "") == "set.zip/1.jpg"


def test_an_address_is_of_the_whole_path(home):
    address = paths.absolute_uri("~/a b")
    assert address == f"file://{home}/a%20b"
