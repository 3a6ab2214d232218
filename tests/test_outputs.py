"""What cannot be written is told before anything is."""

from __future__ import annotations

import os

import pytest

from dnc_keras import _outputs as outputs


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working directory, with a folder and a file in it."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("kept")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", ["new", "file", "folder/new", "./new"])
def test_a_file_in_a_folder_is_taken_and_not_touched(path, folder):
    outputs.check_output_file("json", path)
    assert sorted(p.name for p in folder.rglob("*")) == ["file", "folder"]
    assert (folder / "file").read_text() == "kept"


@pytest.mark.parametrize(
    "path", ["gone/new", "folder", "new/", "file/new", ".", ".."]
)
def test_a_file_needs_a_folder_and_a_name(path):
    with pytest.raises(ValueError) as raised:
        outputs.check_output_file("json", path)
    assert str(raised.value) == (
        f"--json must be a file in a folder that exists. Received: {path!r}. "
        "Make the folder, or give a file's name."
    )


def test_a_device_or_pipe_is_taken_by_several(folder):
    os.mkfifo(folder / "pipe")
    for path in ("/dev/null", "pipe"):
        outputs.check_output_file("json", path)
        both = {"html": path, "json": path}
        outputs.check_different_files(both, both)


def test_a_name_that_no_disk_takes_is_told():
    with pytest.raises(ValueError, match="File name too long"):
        outputs.check_output_file("json", "x" * 300)


@pytest.mark.parametrize("path", ["folder", "folder/new", "a/b/c", "~/x"])
def test_a_folder_may_be_made(path):
    outputs.check_output_folder("run_dir", path)


@pytest.mark.parametrize("path", ["file", "file/new/x"])
def test_a_folder_below_a_file_is_refused(path):
    with pytest.raises(ValueError, match="^--run_dir must be a folder"):
        outputs.check_output_folder("run_dir", path)


@pytest.mark.parametrize("other", ["a", "./a", "folder/../a", "link"])
def test_two_outputs_of_one_file_are_refused(other, folder):
    (folder / "link").symlink_to("a")
    both = {"html": "a", "json": other}
    with pytest.raises(ValueError, match="Received: --html and --json, both"):
        outputs.check_different_files(both, both)


def test_an_output_is_no_input(folder):
    with pytest.raises(ValueError, match="Received: --json and --query"):
        outputs.check_different_files(
            {"json": "file"}, {"query": "file", "json": "file"}
        )
    outputs.check_different_files(
        {"json": "a", "html": "b"}, {"json": "a", "html": "b", "query": "file"}
    )


@pytest.mark.parametrize(
    "name", ["config.json", "result.json", "log.jsonl", "checkpoints/new.json"]
)
def test_no_output_takes_the_place_of_a_file_of_a_run(name, folder):
    (folder / "run" / "checkpoints").mkdir(parents=True)
    (folder / "run" / "config.json").write_text('{"dataset": "digits"}')
    with pytest.raises(ValueError, match="must not be a file that a run needs"):
        outputs.check_output_file("json", f"run/{name}")
    outputs.check_output_file("json", "run/evaluation.json")


def test_a_folder_with_such_files_is_not_always_a_run(folder):
    (folder / "config.json").write_text('{"of": "another program"}')
    outputs.check_output_file("json", "config.json")
