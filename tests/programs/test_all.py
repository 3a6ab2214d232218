"""What all programs have in common."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("program", ["evaluate", "export_model", "report"])
def test_a_folder_without_a_run_is_refused(refused, program):
    assert refused(program, "--run_dir=gone") == (
        "error: run_dir must be a folder written by dnc_keras.train. Received: "
        "'gone'. Train first."
    )


@pytest.mark.parametrize("program", ["evaluate", "export_model"])
def test_every_program_refuses_stray_arguments(refused, program):
    assert "Received: 'runs/digits'" in refused(program, "runs/digits")


@pytest.mark.parametrize(
    "program, names",
    [
        (
            "evaluate",
            "run_dir export_dir dataset data_dir json ks confidence nmi "
            "nmi_runs".split(),
        ),
        (
            "export_model",
            "run_dir export_dir data_dir embedding_dim learners gallery top_k "
            "max_pixels tflite precisions onnx".split(),
        ),
    ],
)
def test_other_programs_help(start, program, names):
    ended = start(program, "--help")
    assert ended.code == 0
    assert f"python -m dnc_keras.{program}" in ended.stdout
    for name in names:
        assert f"--{name}" in ended.stdout.replace("--[no]", "--")
    assert "--learning_rate" not in ended.stdout
