"""The program that exports, as a user starts it."""

from __future__ import annotations

import shutil

import pytest


def test_export_model_adds_a_version_to_the_run(trained, start, tmp_path):
    run_dir = shutil.copytree(trained[0], tmp_path / "copy")
    ended = start("export_model", f"--run_dir={run_dir}")
    assert ended.code == 0
    assert ended.stdout.split()[1] == str(run_dir / "export" / "2")


def test_export_model_tells_what_a_shorter_embedding_loses(
    untrained_run, start
):
    ended = start(
        "export_model",
        f"--run_dir={untrained_run.path}",
        "--export_dir=served",
        "--embedding_dim=4",
    )
    lines = [line.split() for line in ended.stdout.splitlines()]
    assert lines[0] == ["R@1", "lost", "cosine", "median"]
    assert [line[0] for line in lines[1:3]] == ["trained", "saved_model"]
    trained, (shorter, lost) = float(lines[1][1]), map(float, lines[2][1:])
    assert lost == pytest.approx(trained - shorter, abs=2e-4)
    assert lines[3][2:] == ["test", "images", "of", "5", "classes"]
    assert lines[4][:3] == ["under", "20", "classes"]
    assert lines[5] == ["SavedModel", "served/1"]


@pytest.mark.parametrize(
    "argument, words",
    [
        ("--embedding_dim=5", "Received: 5. Use one of 4, 8."),
        (
            "--gallery=gone",
            "Received: 'gone', which does not exist. Check the path.",
        ),
        ("--precisions=int8", "precisions without --tflite. Add it."),
        ("--precisions=int4", "Received: 'int4'."),
    ],
)
def test_export_model_refuses(refused, untrained_run, argument, words):
    run_dir = f"--run_dir={untrained_run.path}"
    line = refused("export_model", run_dir, "--export_dir=served", argument)
    assert words in line
