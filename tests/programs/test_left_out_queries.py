"""Queries that nothing can match are told, or refused before the work."""

from __future__ import annotations

import json

import pytest
from helpers.image_files import plain
from helpers.image_files import write_image
from helpers.settings import SMALL_FLAGS

HEADER = "path,label,split,role,camera"


def _write(root, rows):
    """A csv file of (label, split, role, camera), and an image of each."""
    lines = [HEADER]
    for number, (label, *others) in enumerate(rows):
        write_image(root / f"{number}.png", plain(number))
        lines.append(",".join([f"{number}.png", label, *others]))
    (root / "labels.csv").write_text("\n".join(lines))


def _train_rows(num_images=2):
    return [
        (f"t{label}", "train", "", "")
        for label in range(4)
        for _ in range(num_images)
    ]


def _test_rows(camera="1"):
    return [
        (label, "test", role, camera if role == "query" else "1")
        for label in "ab"
        for role in ("query", "gallery")
    ]


@pytest.mark.parametrize(
    "rows, flag, words",
    [
        (
            _train_rows() + _test_rows(),
            "--select=last",
            "all images of its class are of its own camera (2). Correct the "
            "cameras, or leave them out.",
        ),
        (
            _train_rows() + [("a", "test", "", ""), ("b", "test", "", "")],
            "--select=last",
            "2 queries, none of which has one: single image of its class (2). ",
        ),
        (
            _train_rows(num_images=1) + _test_rows("2"),
            "--select=validation",
            "Choosing an epoch by held-out classes needs queries with an image "
            "to find. Received: 2 queries, none of which has one: single image "
            "of its class (2). Give each class two images or more, or use "
            "--select=last.",
        ),
    ],
)
def test_train_refuses_what_could_only_be_zero(
    refused, tmp_path, rows, flag, words
):
    _write(tmp_path / "data", rows)
    flags = ["--dataset=csv", "--data_dir=data", "--run_dir=run", flag]
    assert words in refused("train", *SMALL_FLAGS, *flags)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def _evaluate(trained):
    return [
        "evaluate",
        f"--export_dir={trained[0]}/export",
        *("--dataset=csv", "--data_dir=data", "--nonmi", "--json=out.json"),
    ]


def test_evaluate_tells_how_many_and_why(start, trained, tmp_path):
    rows = _train_rows() + _test_rows("2") + [("a", "test", "query", "1")]
    _write(tmp_path / "data", rows)
    ended = start(*_evaluate(trained))
    reason = "all images of its class are of its own camera (1)"
    assert f"Left out    1 of 3 queries: {reason}" in ended.stdout
    measured = json.loads((tmp_path / "out.json").read_text())
    assert measured["num_queries"] == 3
    assert measured["num_queries_left_out"] == 1
    assert measured["left_out_because"] == reason


def test_evaluate_refuses_one_camera(refused, trained, tmp_path):
    _write(tmp_path / "data", _train_rows() + _test_rows())
    assert "Correct the cameras" in refused(*_evaluate(trained))
    assert not (tmp_path / "out.json").exists()
