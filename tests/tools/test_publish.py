"""The kept experiments, and the page that is made of them."""

from __future__ import annotations

import importlib
import pathlib

import pytest
from helpers.compared_runs import change_result
from helpers.compared_runs import write_run

TOOLS = pathlib.Path(__file__).parents[2] / "tools"


@pytest.fixture
def publish(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    return importlib.import_module("publish")


def _write_experiment(folder):
    """Three seeds of a control and of a variant, in the order of a plan."""
    recalls = {"zero": (0.5, 0.5, 0.5), "one": (0.53, 0.54, 0.55)}
    for variant, values in recalls.items():
        for seed, recall in enumerate(values):
            path = write_run(
                folder / f"{variant}-{seed}",
                recall=recall,
                seed=seed,
                data_dir="/home/someone/photos",
            )
            last = {"recall_at_1": recall / 2, "map_at_r": 0.25}
            change_result(path, last=last, run_dir=str(path))


def test_what_is_kept_has_the_runs_and_no_path_of_a_machine(publish, tmp_path):
    work_dir = tmp_path / "photos_margin"
    _write_experiment(work_dir)
    archive = tmp_path / "kept" / "frozen" / "photos_margin.zip"
    publish.keep(work_dir, ["zero", "one", "gone"], archive)
    control, other = publish.groups_of(archive)
    assert (control.name, other.name) == ("zero", "one")
    assert other.seeds == ["0", "1", "2"]
    assert other.mean()["recall_at_1"] == pytest.approx(0.54)
    assert other.finished[0].settings["data_dir"] == "photos"
    assert other.finished[0].result["run_dir"] == "one-0"
    before = archive.read_bytes()
    publish.keep(work_dir, ["zero", "one"], archive)
    assert archive.read_bytes() == before
    *_, best, _, last = publish.page_of(
        publish.lanes_of(tmp_path / "kept")
    ).split("\n\n")
    assert best.splitlines()[2:] == [
        "| `zero` | 3 | 50.0 |  |",
        "| `one` | 3 | **+4.0 ± 2.5** |  |",
    ]
    assert last.splitlines()[2:] == [
        "| `zero` | 3 | 25.0 | 25.0 |",
        "| `one` | 3 | **+2.0 ± 1.2** | +0.0 ± 0.0 |",
    ]


def test_lanes_agree_by_the_order_of_recipes(publish, tmp_path):
    recalls = {"margin": (0.5, 0.4, 0.3), "contrastive": (0.2, 0.1, 0.6)}
    trained = {"margin": (0.6, 0.7, 0.4), "contrastive": (0.3, 0.2, 0.5)}
    for lane, of_losses in ("frozen", recalls), ("tuned", trained):
        for loss, values in of_losses.items():
            folder = tmp_path / lane / f"photos_{loss}"
            for variant, recall in zip(("control", "a", "b"), values):
                path = write_run(folder / f"{variant}-0")
                mirrored = 1 - recall if lane == "tuned" else recall
                metrics = {"recall_at_1": recall, "map_at_r": mirrored}
                change_result(path, test=metrics)
            archive = tmp_path / "kept" / lane / f"photos_{loss}.zip"
            publish.keep(folder, ["control", "a", "b"], archive)
    row = publish.page_of(publish.lanes_of(tmp_path / "kept")).splitlines()[-1]
    # Of 15 pairs 3 change places: (12 - 3) / 15.
    told = "0.60 | -0.60 | margin a | contrastive b | 20.0"
    assert row == f"| photos | 6 | 1 | {told} |"


def test_the_page_is_that_of_the_kept_runs(publish):
    page = publish.KEPT.with_suffix(".md").read_text(encoding="utf-8")
    assert publish.page_of(publish.lanes_of(publish.KEPT)) == page


def test_the_picture_has_what_has_intervals(publish, tmp_path):
    pytest.importorskip("matplotlib")
    _write_experiment(tmp_path / "photos_margin")
    archive = tmp_path / "kept" / "frozen" / "photos_margin.zip"
    publish.keep(tmp_path / "photos_margin", ["zero", "one"], archive)
    lanes = publish.lanes_of(tmp_path / "kept")
    drawn = importlib.import_module("published.drawing").changes_of(lanes)
    assert drawn.keys() == {"photos, frozen"}
    (variant, loss), difference = drawn["photos, frozen"].popitem()
    assert (variant, loss) == ("one", "margin")
    assert difference.mean == pytest.approx(0.04)
