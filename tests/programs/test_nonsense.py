"""Flags that make no sense end every program in one line, before any work."""

from __future__ import annotations

import pytest

NUMBERS = {
    "train": {
        "epochs": ("0", "-1"),
        "steps_per_epoch": ("-5",),
        "checkpoint_every": ("-1",),
        "frozen_epochs": ("-1",),
        "seed": ("-1", "4294967296"),
        "learning_rate": ("-1", "nan", "inf"),
        "weight_decay": ("-1",),
        "dropout": ("1.5", "-0.1"),
        "margin": ("-1",),
        "beta": ("-5",),
        "mask_multiplier": ("-1",),
        "recluster_drift": ("nan", "5"),
        "whole_embedding_from": ("-1", "inf", "nan", "1.1"),
        "validation_fraction": ("1", "-0.1"),
    },
    "evaluate": {
        "confidence": ("nan", "inf", "-0.5", "1"),
        "nmi_runs": ("0", "-3"),
        "ks": ("0", "1,-2", "1.5", ","),
        "test_fraction": ("2", "nan"),
        "split_seed": ("-1",),
    },
    "export_model": {
        "embedding_dim": ("-8",),
        "top_k": ("0", "-1"),
        "max_pixels": ("0", "-1"),
    },
    "search": {
        "top_k": ("0", "-1"),
        "threshold": ("nan", "inf", "-inf"),
        "fmr": ("0", "1", "-0.1", "nan"),
    },
    "datasets": {"test_fraction": ("-1", "1", "nan"), "split_seed": ("-1",)},
}


@pytest.mark.parametrize(
    "program, name, value",
    [
        (program, name, value)
        for program, numbers in NUMBERS.items()
        for name, values in numbers.items()
        for value in values
    ],
)
def test_a_number_that_makes_no_sense_is_refused(
    refused, tmp_path, program, name, value
):
    line = refused(program, f"--{name}={value}", *_folders(program))
    assert name in line and "Received: " in line
    assert list(tmp_path.iterdir()) == []


def _folders(program):
    """Flags of what is not there, which is not looked for."""
    if program in ("train", "datasets"):
        return ["--data_dir=gone"]
    if program == "search":
        return ["--export_dir=gone", "--gallery=gone", "--query=gone"]
    if program == "evaluate":
        return ["--export_dir=gone"]
    return ["--run_dir=gone"]


def test_a_flagfile_is_no_way_around_it(refused, tmp_path):
    (tmp_path / "mine.cfg").write_text("--dropout=7\n")
    assert refused("train", "--flagfile=mine.cfg") == (
        "error: dropout must be 0 or more and below 1. Received: 7.0."
    )


@pytest.mark.parametrize(
    "flag",
    ["--dataset=digits", "--data_dir=x", "--split_seed=0", "--cache=memory"],
)
def test_evaluate_refuses_flags_that_a_run_answers(refused, trained, flag):
    line = refused("evaluate", f"--run_dir={trained[0]}", flag)
    assert line == (
        "error: A run knows its data set. Received: "
        f"{flag.partition('=')[0]} next to --run_dir. Leave them out, or "
        "evaluate the run's export with --export_dir."
    )


def test_export_model_refuses_images_without_use(refused, trained, tmp_path):
    line = refused(
        "export_model",
        f"--run_dir={trained[0]}",
        "--export_dir=served",
        "--data_dir=x",
    )
    assert "Received: --data_dir without --embedding_dim" in line
    assert list(tmp_path.iterdir()) == []


def test_search_refuses_a_page_of_no_search(refused):
    line = refused("search", "--calibrate=gone", "--html=out.html")
    assert "Received: --html without --gallery and --query" in line
