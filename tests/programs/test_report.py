"""The program that writes the report of a run."""

from __future__ import annotations

import shutil

import numpy as np

from dnc_keras.runs import RunDirectory


def test_the_program_makes_the_embeddings_that_are_missing(
    start, untrained_run, tmp_path
):
    run = RunDirectory(shutil.copytree(untrained_run.path, tmp_path / "copy"))
    ended = start("report", f"--run_dir={run.path}")
    assert ended.code == 0, ended.stderr
    assert "Missing     Results" in ended.stdout
    assert "Missing     Neighbours" not in ended.stdout
    assert run.report.exists()
    with np.load(run.embeddings / "test.npz") as saved:
        assert saved["embeddings"].shape == (896, 8)


def test_the_program_wants_the_folder_of_a_run(start, tmp_path):
    ended = start("report", f"--run_dir={tmp_path / 'none'}")
    assert ended.code == 2
    assert "run_dir must be a folder written by" in ended.stderr
