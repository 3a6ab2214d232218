"""The test classes of a run, on a page and in files."""

from __future__ import annotations

import csv
import dataclasses
import json

import numpy as np
import pytest
from helpers.image_files import plain
from helpers.image_files import write_image
from helpers.reported_run import RED
from helpers.reported_run import page_of

from dnc_keras import analysis
from dnc_keras import datasets
from dnc_keras import metrics
from dnc_keras.reports.class_sizes import class_sizes
from dnc_keras.reports.class_table import class_table
from dnc_keras.reports.classes import classes
from dnc_keras.reports.pair_distances import pair_distances
from dnc_keras.reports.pictures import PictureSheet
from dnc_keras.runs import save_embeddings
from dnc_keras.runs.trained import TrainedRun
from dnc_keras.support.whole_files import read_json


def _content(run, dataset=None):
    record = TrainedRun(run, dataset)
    return classes(record, PictureSheet(record.indices))


def _examined(labels, seed=0):
    rows = np.random.default_rng(seed).normal(size=[len(labels), 3])
    values = metrics.retrieval_values(rows, labels, (1,))
    return analysis.examine_classes(
        values, labels, embeddings=rows, labels=labels
    )


def test_the_table_has_the_classes_of_the_run(run):
    table = _content(run)["table"]
    # x at 0, 10, 90 and y at 85, 180, 200 degrees: one of each is mistaken.
    assert table["metrics"] == ["R@1", "MAP@R"]
    assert [row["values"][0] for row in table["rows"]] == ["66.7", "66.7"]
    nearest = {row["class"]: row["nearest"] for row in table["rows"]}
    assert nearest == {"x": "y", "y": "x"}
    assert not table["is_cut"]


def test_the_confused_pair_is_shown_with_its_nearest_images(run):
    record = TrainedRun(run)
    (pair,) = _content(run)["confusions"]["pairs"]
    assert (pair["num_mistaken"], pair["num_mistaken_back"]) == (1, 1)
    assert pair["file"].endswith("x/2.png")
    assert pair["other_file"].endswith("y/0.png")
    # 5 degrees apart.
    assert pair["nearest_distance"] == pytest.approx(
        2 * np.sin(np.radians(2.5)), abs=1e-4
    )
    assert record.dataset.test.class_names == ("x", "y")


def test_the_files_next_to_the_page_have_all(run):
    _content(run)
    with open(run.path / "per_class.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["class"] for row in rows} == {"x", "y"}
    with open(run.path / "confusions.csv", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 1
    with open(run.path / "pair_distances.csv", encoding="utf-8") as file:
        last = list(csv.DictReader(file))[-1]
    assert (last["num_matching"], last["num_others"]) == ("6", "9")
    told = read_json(run.path / "per_class.json")
    assert told["format_version"] == 1
    assert told["num_matching_pairs"] == 6


@pytest.fixture
def dataset(run, data_dir):
    """That of the run, with two more test classes, of one image each."""
    whole = TrainedRun(run).dataset
    paths, names = list(whole.test.paths), list("xxxyyy")
    for number, name in enumerate(("=cmd()", "<i>")):
        paths.append(str(write_image(data_dir / f"{number}.png", plain(RED))))
        names.append(name)
    test = datasets.ImageIndex.from_class_names(paths, names)
    rows = np.random.default_rng(0).normal(size=[8, 2]).astype(np.float32)
    save_embeddings(run, "test", rows, test.labels)
    return dataclasses.replace(whole, test=test)


def test_classes_of_one_image_are_told_and_not_0(run, dataset):
    table = _content(run, dataset)["table"]
    assert table["num_not_measured"] == 2
    assert sorted(table["some_not_measured"]) == ["<i>", "=cmd()"]
    assert {row["class"] for row in table["rows"]} == {"x", "y"}
    with open(run.path / "per_class.csv", encoding="utf-8") as file:
        rows = {row["class"]: row for row in csv.DictReader(file)}
    assert rows["<i>"]["recall_at_1"] == ""
    assert rows["<i>"]["num_left_out"] == "1"


def test_names_of_classes_are_no_markup_and_no_formula(run, dataset):
    page = page_of(run, dataset)
    assert "i" not in page.tags
    text = (run.path / "per_class.csv").read_text(encoding="utf-8")
    assert "'=cmd()" in text
    assert "\n=cmd()" not in text
    # JSON is for programs.
    told = read_json(run.path / "per_class.json")["classes"]
    assert "=cmd()" in [row["class"] for row in told]


def test_of_many_classes_the_page_has_the_worst_and_the_best():
    labels = np.repeat(np.arange(1000), 3)
    names = [f"class {label}" for label in range(1000)]
    examined = _examined(labels)
    table = class_table(examined, names)
    rows = [row["class"] for row in examined.class_rows(names)]
    shown = [row["class"] for row in table["rows"]]
    assert shown == rows[:150] + rows[-50:]
    assert table["is_cut"]
    assert (table["num_classes"], table["num_measured"]) == (1000, 1000)


def test_the_histograms_have_each_pair():
    examined = _examined(np.repeat(np.arange(10), 4))
    content = pair_distances(examined)
    traces = content["histogram"]["data"]
    assert [sum(trace["customdata"]) for trace in traces] == [60, 720]
    for trace in traces:
        assert sum(trace["y"]) == pytest.approx(100.0, abs=0.01)
    json.dumps(content)


def test_the_line_is_at_the_lowest_rate_down_to_a_thousandth():
    examined = _examined(np.repeat(np.arange(10), 4))
    content = pair_distances(examined)
    # 720 pairs of different classes: one is 0.0014.
    assert content["marked"]["rate"] == "1%"
    assert content["smallest_rate"] == "0.001"
    line = content["histogram"]["layout"]["shapes"][0]
    assert f"{line['x0']:.4f}" == content["marked"]["threshold"]
    larger = pair_distances(_examined(np.repeat(np.arange(20), 4)))
    assert larger["marked"]["rate"] == "0.1%"


def test_where_no_rate_can_be_measured_there_is_no_line(run):
    distances = _content(run)["distances"]
    # 9 pairs of different classes.
    assert distances["thresholds"] == []
    assert distances["marked"] is None
    assert distances["histogram"]["layout"]["shapes"] == []


def test_sizes_have_a_figure_only_where_they_differ(run):
    assert _content(run)["sizes"] == {
        "told": "All classes have 3 images.",
        "figure": None,
    }
    content = class_sizes(
        _examined(np.repeat(np.arange(6), [2, 2, 3, 3, 3, 9]))
    )
    counts, recall, quality = content["figure"]["data"]
    assert counts["x"] == recall["x"] == quality["x"] == ["2", "3", "9"]
    assert counts["y"] == [2, 3, 1]
    assert (recall["name"], quality["name"]) == ("R@1", "MAP@R")


def test_without_confusions_the_page_says_so(run):
    around = np.radians([0, 1, 2, 180, 181, 182])
    rows = np.stack([np.cos(around), np.sin(around)], 1).astype(np.float32)
    save_embeddings(run, "test", rows, TrainedRun(run).dataset.test.labels)
    assert _content(run)["confusions"] == {"pairs": [], "num_pairs": 0}
    page_of(run)
    text = run.report.read_text(encoding="utf-8")
    assert "None: the nearest image of each query is of its class." in text
