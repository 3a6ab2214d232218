"""A run keeps the list of the files that it leaves out."""

from __future__ import annotations

import dataclasses

import pytest
from helpers.reported_run import write_reported_images

from dnc_keras import TrainConfig
from dnc_keras.runs import RunDirectory
from dnc_keras.runs.dropped import keep_list
from dnc_keras.runs.trained import TrainedRun


@pytest.fixture
def begun(tmp_path):
    """(user's list, folder of a run that began with it)."""
    write_reported_images(tmp_path / "images")
    file = tmp_path / "drop.csv"
    file.write_text("file\ntrain/ant/0.png\n")
    config = TrainConfig(
        dataset="folder", data_dir=str(tmp_path / "images"), drop=str(file)
    )
    run = RunDirectory(tmp_path / "run")
    with run.claim(dataclasses.asdict(config)):
        keep_list(config, run)
    return file, run


def test_a_run_is_read_with_its_own_list_if_the_users_is_gone(begun):
    file, run = begun
    file.unlink()
    dataset = TrainedRun(run).dataset
    assert dataset.num_dropped == 1
    assert len(dataset.train) == 9


def test_a_list_that_changed_is_told_and_not_taken(begun, caplog):
    file, run = begun
    file.write_text("file\ntrain/ant/0.png\ntrain/ant/1.png\n")
    assert TrainedRun(run).dataset.num_dropped == 1
    assert "has changed since the run began" in caplog.text


def test_a_list_is_found_where_the_images_are_now(begun, tmp_path):
    _, run = begun
    (tmp_path / "images").rename(tmp_path / "moved")
    moved = TrainedRun(run, data_dir=str(tmp_path / "moved"))
    assert moved.dataset.num_dropped == 1
