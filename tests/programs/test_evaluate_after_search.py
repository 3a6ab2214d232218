"""What is gained after a search, as a user of evaluate sees it."""

from __future__ import annotations

import json

import pytest


def lines_of(ended):
    return [line.split() for line in ended.stdout.splitlines()]


def test_gain_and_cost_are_printed_and_written(trained, start, tmp_path):
    ended = start(
        "evaluate",
        f"--run_dir={trained[0]}",
        "--nonmi",
        "--flip",
        "--whiten=8",
        "--query_expansion=alpha",
        "--expand=3",
        "--rerank=k_reciprocal",
        "--json=out.json",
    )
    assert ended.code == 0, ended.stderr
    measured = json.loads((tmp_path / "out.json").read_text())
    plain, after, gain = (measured[x] for x in ("test", "after", "gain"))
    for name, value in gain.items():
        assert value == pytest.approx(after[name] - plain[name])
    lines = lines_of(ended)
    assert lines[0] == ["test", "after", "gain"]
    columns = (plain, after, gain)
    shown = [f"{column['map_at_r']:.4f}" for column in columns]
    assert ["map_at_r", *shown] in lines
    assert measured["after_search"]["methods"] == {
        "flip": True,
        "whiten": 8,
        "whiten_on": "train",
        "query_expansion": "alpha",
        "expand": 3,
        "alpha": 3.0,
        "rerank": "k_reciprocal",
        "k1": 20,
        "k2": 6,
        "distance_weight": 0.3,
    }
    steps = ["flip", "whiten", "query_expansion", "k_reciprocal"]
    assert sorted(measured["after_search"]["seconds"]) == sorted(steps)
    assert "After       flip=True, whiten=8, " in ended.stdout
    assert "Extra       mirror images " in ended.stdout


def test_export_gains_what_its_run_gains(trained, start, tmp_path):
    settings = ["--nonmi", "--flip", "--whiten=8", "--database_augmentation=3"]
    start(
        *("evaluate", f"--run_dir={trained[0]}", *settings),
        "--json=run.json",
    )
    ended = start(
        *("evaluate", f"--export_dir={trained[0]}/export", *settings),
        *("--dataset=digits", "--json=export.json"),
    )
    assert ended.code == 0, ended.stderr
    of_run, of_export = (
        json.loads((tmp_path / name).read_text())
        for name in ("run.json", "export.json")
    )
    assert of_export["after"] == pytest.approx(of_run["after"], abs=5e-3)


def test_gain_has_an_interval(trained, start, tmp_path):
    ended = start(
        *("evaluate", f"--run_dir={trained[0]}", "--nonmi"),
        *("--rerank=k_reciprocal", "--confidence=0.9", "--json=out.json"),
    )
    measured = json.loads((tmp_path / "out.json").read_text())
    names = ["test", "low", "high", "after", "gain", "gain_low", "gain_high"]
    assert lines_of(ended)[0] == names
    for metric, gain in measured["gain"].items():
        low, high = (measured[f"gain_{end}"][metric] for end in ("low", "high"))
        assert low <= gain <= high


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--expand=3"], "--expand belongs to --query_expansion."),
        (["--k1=3"], "--k1 belongs to --rerank. Received: --k1 alone."),
        (["--whiten_on=gallery"], "--whiten_on belongs to --whiten."),
        (
            ["--query_expansion=average", "--alpha=2"],
            "The average has no alpha. Received: --alpha.",
        ),
        (["--query_expansion=mean"], "must be one of none, average, alpha"),
        (["--rerank=yes"], "must be one of none, k_reciprocal"),
        (["--whiten=-1"], "whiten must be"),
        (["--whiten_on=test", "--whiten=2"], "must be one of train, gallery"),
    ],
)
def test_flags_that_would_be_ignored_are_refused(refused, arguments, words):
    assert words in refused("evaluate", "--run_dir=gone", *arguments)


def test_augmented_images_that_search_each_other_are_not_reranked(
    refused, trained
):
    line = refused(
        *("evaluate", f"--run_dir={trained[0]}", "--nonmi"),
        *("--database_augmentation=3", "--rerank=k_reciprocal"),
    )
    assert "Use one of them, or a data set with queries" in line
