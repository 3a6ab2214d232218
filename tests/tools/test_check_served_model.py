"""The tool that checks an export as a server runs it."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
import tensorflow as tf

from dnc_keras.export.export_run import export_run
from dnc_keras.runs.trained import TrainedRun

ROOT = pathlib.Path(__file__).parents[2]
TOOL = ROOT / "tools" / "check_served_model.py"


@pytest.fixture(scope="module")
def checked(untrained_run, tmp_path_factory):
    """What the tool found, and what it printed."""
    pytest.importorskip("tensorflow_serving.apis")
    folder = tmp_path_factory.mktemp("checked")
    version, _ = export_run(TrainedRun(untrained_run), folder / "served")
    ended = subprocess.run(
        [
            sys.executable,
            str(TOOL),
            f"--run_dir={untrained_run.path}",
            f"--export_dir={version}",
            "--seconds=0",
            "--json=out.json",
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return json.loads((folder / "out.json").read_text()), ended.stdout


def test_the_warm_up_is_replayed(checked):
    assert checked[0]["warm_up"] == ["serving_default", "serving_bytes"]


def test_all_kinds_of_images_are_as_in_keras(checked):
    cosines = checked[0]["cosine"]
    assert len(cosines) == 10
    assert min(cosines.values()) >= 0.9999


def test_wrong_requests_are_answered_in_a_sentence(checked):
    answers = checked[0]["refused"]
    assert len(answers) == 11
    for answer in answers.values():
        assert answer and "\n" not in answer


def test_latency_is_a_table(checked):
    result, stdout = checked
    assert [row["batch_size"] for row in result["latency"]] == [1, 8, 32]
    for row in result["latency"]:
        assert 0 < row["p50_ms"] <= row["p99_ms"]
        assert "| " + " | ".join(map(str, row.values())) + " |" in stdout


def test_a_model_of_vectors_is_refused(tmp_path):
    pytest.importorskip("tensorflow_serving.apis")
    model = tf.Module()
    model.embed = tf.function(
        lambda features: {"embedding": features},
        [tf.TensorSpec([None, 3], tf.float32, "features")],
    )
    path = str(tmp_path / "1")
    tf.saved_model.save(model, path, {"serving_default": model.embed})
    ended = subprocess.run(
        [sys.executable, str(TOOL), "--run_dir=none", f"--export_dir={path}"],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    assert "Received: one with serving_default alone." in ended.stderr
