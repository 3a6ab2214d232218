"""The program that trains, as a user starts it."""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
import time

import pytest
from helpers.image_files import truncate
from helpers.image_files import write_classes
from helpers.settings import SMALL_FLAGS

from dnc_keras import TrainConfig


def test_train_ends_with_a_table_and_the_next_command(trained):
    run_dir, stdout = trained
    result = json.loads((run_dir / "result.json").read_text())
    lines = stdout.splitlines()
    assert lines[0].split() == ["before", "after"]
    for metric in ("recall_at_1", "recall_at_8", "map_at_r", "nmi"):
        before, after = result["before"][metric], result["test"][metric]
        assert [metric, f"{before:.4f}", f"{after:.4f}"] in [
            line.split() for line in lines
        ]
    assert lines[-2].split() == ["SavedModel", "runs/digits/export/1"]
    assert lines[-1].endswith(
        "python -m dnc_keras.evaluate --run_dir=runs/digits"
    )


def test_the_export_of_a_training_tells_of_it(trained):
    run_dir, _ = trained
    result = json.loads((run_dir / "result.json").read_text())
    told = run_dir / "export" / "1" / "assets.extra" / "dnc_keras.json"
    training_told = json.loads(told.read_text())["training"]
    for name in ("protocol", "num_train_classes", "test", "versions"):
        assert training_told[name] == result[name]


def _train_without_export(start, tmp_path, *more):
    """The lines that were printed; one image of eight cannot be read."""
    ended = start(
        "train",
        *SMALL_FLAGS,
        f"--data_dir={tmp_path / 'data'}",
        "--test_classes=c0,c1",
        "--unreadable=skip",
        "--run_dir=run",
        *more,
    )
    assert ended.code == 0, ended.stderr
    return ended.stdout.splitlines()


def test_unreadable_images_and_the_export_can_be_skipped(start, tmp_path):
    broken = truncate(write_classes(tmp_path / "data") / "c3" / "3.png")
    lines = _train_without_export(start, tmp_path, "--noexport")
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert result["num_train_images"] == 7
    assert broken.exists()
    advice = (
        "SavedModel  not written; python -m dnc_keras.export_model "
        "--run_dir=run"
    )
    assert lines[-2] == advice
    assert result["export_dir"] is None
    assert not (tmp_path / "run" / "export").exists()
    assert not [*(tmp_path / "run").rglob("projector*")]
    assert (tmp_path / "run" / "report.html").exists()
    # It is the same run, asked with the export or without, and finished.
    assert _train_without_export(start, tmp_path, "--export")[-2] == advice
    exported = start(*advice.partition("dnc_keras.")[2].split())
    assert exported.stdout == "SavedModel  run/export/1\n"


def test_a_nan_loss_ends_the_training(refused, classes, tmp_path):
    line = refused(
        "train",
        *SMALL_FLAGS,
        f"--data_dir={classes}",
        "--learning_rate=1e30",
        "--epochs=3",
        "--run_dir=run",
    )
    assert "must be" in line
    assert "finite" in line
    assert "Lower the learning rate" in line
    assert not (tmp_path / "run" / "result.json").exists()


def test_a_signal_ends_a_training_that_can_go_on(classes, tmp_path):
    flags = [
        *SMALL_FLAGS,
        f"--data_dir={classes}",
        "--epochs=9999",
        "--run_dir=run",
    ]
    flags.append("--deterministic")
    process = subprocess.Popen(
        [sys.executable, "-m", "dnc_keras.train", *flags],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "run" / "log.jsonl").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.terminate()
    _, stderr = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    # TensorFlow may have its say after it.
    assert (
        "\nStopped by SIGTERM. Nothing is lost: the same command, started "
        "again, goes on with run.\n"
    ) in stderr
    assert list((tmp_path / "run" / "checkpoints").glob("step_*.npz"))


def test_train_helps_with_every_flag_of_the_contract(start):
    ended = start("train", "--help")
    assert ended.code == 0
    assert "Trains an embedding by divide and conquer." in ended.stdout
    for name in (
        *(field.name for field in dataclasses.fields(TrainConfig)),
        "flagfile",
    ):
        assert f"--{name}" in ended.stdout.replace("--[no]", "--"), name


@pytest.mark.parametrize(
    "name",
    "dataset data_dir num_learners embedding_dim recluster_every epochs "
    "batch_size samples_per_class loss backbone weights image_size masks "
    "learning_rate weight_decay seed strategy select run_dir".split(),
)
def test_the_contract_s_flags_are_settings(name):
    assert name in TrainConfig.__dataclass_fields__
