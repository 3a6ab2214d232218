"""The report of a run is one page that any browser reads."""

from __future__ import annotations

import csv
import dataclasses
import html.parser
import io
import json
import re
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from dnc_keras import TrainConfig
from dnc_keras import datasets
from dnc_keras.reports import write_report
from dnc_keras.reports.cluster_atlas import cluster_atlas
from dnc_keras.reports.curves import curves
from dnc_keras.reports.curves import phases
from dnc_keras.reports.pictures import TILE
from dnc_keras.reports.pictures import PictureSheet
from dnc_keras.reports.retrieval import retrieval
from dnc_keras.runs import RunDirectory
from dnc_keras.runs import save_embeddings
from dnc_keras.runs.trained import RunRecord

EVIL = "<script>alert(1)<b>"
RED, GREEN, BLUE, WHITE = [200, 0, 0], [0, 200, 0], [0, 0, 200], [255] * 3
# Of each split the classes, of each class the colours of its images.
IMAGES = {
    "train": {
        "ant": [RED, RED, GREEN, GREEN],
        EVIL: [BLUE, BLUE, GREEN, WHITE],
        "cow": [RED, BLUE],
    },
    "test": {"x": [RED, GREEN, BLUE], "y": [WHITE, WHITE, RED]},
}
RESULT = {
    "dataset": "folder",
    "protocol": "each image & all others",
    "num_train_images": 10,
    "before": {"recall_at_1": 0.25},
    "test": {"recall_at_1": 0.75, "nmi": 0.625, "nmi_std": 0.1},
    "intervals": {"recall_at_1": [0.5, 0.875]},
    "selected_epoch": 1,
    "selection": "last",
    "seconds": {"train": 12.34567, "recluster": 1000.0},
    "versions": {"keras": "keras 3.6.0"},
}
LOG = [{"epoch": 0, "loss": 0.5}, {"epoch": 1, "val_recall_at_1": 0.125}]
ASSIGNMENTS = {
    0: [0, 0, 0, 0, 1, 1, 1, -1, 0, 1],
    2: [0, 0, 1, 1, 1, 1, 1, 1, 0, -1],
}
# Test images on a circle, by degrees: each nearest to its neighbours there.
DEGREES = {"x": [0, 10, 90], "y": [85, 180, 200]}


class Page(html.parser.HTMLParser):
    """Collects cells and texts, and refuses tags that do not match."""

    VOID = ("meta", "link")

    def __init__(self, text):
        super().__init__()
        self._open = []
        self.tags = []
        self.rows = []
        self.missing = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in self.VOID:
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if dict(attrs).get("class") == "missing":
            self.missing.append("")

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] in ("td", "th"):
            self.rows[-1][-1] += data
        if self._open and self._open[-1] == "p" and self.missing:
            self.missing[-1] += data


def _write_images(root):
    for split, classes in IMAGES.items():
        for name, colors in classes.items():
            folder = root / split / name
            folder.mkdir(parents=True)
            for number, color in enumerate(colors):
                pixels = np.full([8, 8, 3], color, np.uint8)
                Image.fromarray(pixels).save(folder / f"{number}.png")


def _on_circle(degrees):
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)


def _write_run(path, data_dir):
    run = RunDirectory(path)
    config = TrainConfig(
        dataset="folder",
        data_dir=str(data_dir),
        select="last",
        num_learners=2,
        epochs=10,
    )
    with run.claim(dataclasses.asdict(config)):
        pass
    run.result.write_text(json.dumps(RESULT))
    run.log.write_text("".join(json.dumps(line) + "\n" for line in LOG))
    for epoch, assignment in ASSIGNMENTS.items():
        np.savez(run.assignment_of(epoch), assignment=np.int32(assignment))
    dataset = datasets.load("folder", str(data_dir))
    around = np.linspace(0, 300, len(dataset.train))
    labels = dataset.train.labels
    save_embeddings(run, "train", _on_circle(around), labels)
    degrees = DEGREES["x"] + DEGREES["y"]
    save_embeddings(run, "test", _on_circle(degrees), dataset.test.labels)
    return run


@pytest.fixture
def data_dir(tmp_path):
    _write_images(tmp_path / "images")
    return tmp_path / "images"


@pytest.fixture
def run(tmp_path, data_dir):
    return _write_run(tmp_path / "<run>", data_dir)


def _page(run, *arguments):
    write_report(run, *arguments)
    return Page(run.report.read_text(encoding="utf-8"))


def _missing(run):
    return {section.name for section in write_report(run) if section.missing}


def test_names_cannot_become_tags(run):
    page = _page(run)
    assert "b" not in page.tags
    assert page.tags.count("script") == _page(run).tags.count("script")
    text = run.report.read_text(encoding="utf-8")
    assert EVIL not in text
    assert "&lt;script&gt;alert(1)&lt;b&gt;" in text


def test_metrics_stand_in_percent_before_and_after_training(run):
    rows = _page(run).rows
    assert ["", "before", "after", "95% interval"] in rows
    assert ["Recall@1", "25.0", "75.0", "50.0 to 87.5"] in rows
    assert ["NMI", "", "62.5", ""] in rows


def test_another_run_stands_beside(run, tmp_path, data_dir):
    other = _write_run(tmp_path / "control", data_dir)
    changed = {**RESULT, "test": {"recall_at_1": 0.5}}
    other.result.write_text(json.dumps(changed))
    rows = _page(run, None, other).rows
    assert ["Recall@1", "25.0", "75.0", "50.0 to 87.5", "50.0", "+25.0"] in rows


def test_a_run_of_another_protocol_is_not_to_be_compared(run, tmp_path):
    other = _write_run(tmp_path / "control", tmp_path / "images")
    other.result.write_text(json.dumps({**RESULT, "protocol": "another one"}))
    page = _page(run, None, other)
    assert any("measured otherwise" in text for text in page.missing)


def test_each_epoch_has_a_row_with_gaps_for_what_it_has_not(run):
    rows = _page(run).rows
    header = rows.index(["epoch", "loss", "val_recall_at_1"])
    assert rows[header + 1 : header + 3] == [
        ["0", "0.5", ""],
        ["1", "", "0.125"],
    ]


def test_counts_seconds_and_versions_are_told(run):
    rows = _page(run).rows
    for row in (
        ["num_train_images", "10"],
        ["train", "12.3"],
        ["recluster", "1,000.0"],
        ["keras", "keras 3.6.0"],
    ):
        assert row in rows


def test_a_whole_run_lacks_nothing(run):
    assert not _missing(run)


@pytest.mark.parametrize(
    "file, lacking",
    [
        ("result.json", {"results", "facts"}),
        ("log.jsonl", {"curves", "epochs"}),
        ("assignments/epoch_0000.npz", {"atlas", "doctor", "learners"}),
        ("embeddings/train.npz", {"atlas", "doctor", "learners"}),
        ("embeddings/test.npz", {"retrieval", "map", "doctor"}),
    ],
)
def test_a_broken_file_takes_nothing_else_away(run, file, lacking):
    path = run.path / file
    path.write_bytes(path.read_bytes()[:20])
    found = _missing(run)
    assert found
    assert found <= lacking


def test_without_settings_the_page_still_has_the_numbers(run):
    run.config.unlink()
    found = _missing(run)
    assert {"settings", "retrieval", "atlas"} <= found
    assert "results" not in found


def test_what_is_missing_is_told_in_its_place(run):
    run.result.unlink()
    page = _page(run)
    assert any("not finished" in text for text in page.missing)
    assert any("result.json" in text for text in page.missing)


def test_a_line_that_was_cut_off_is_left_out(run):
    with open(run.log, "a", encoding="utf-8") as log:
        log.write('{"epoch": 2, "lo')
    assert [line["epoch"] for line in RunRecord(run).log] == [0, 1]


def test_images_that_moved_are_found_in_the_folder_that_is_told(
    run, data_dir, tmp_path
):
    shutil.move(data_dir, tmp_path / "moved")
    assert {"retrieval", "atlas", "doctor"} <= _missing(run)
    sections = write_report(run, data_dir=str(tmp_path / "moved"))
    assert not [section.name for section in sections if section.missing]


def test_embeddings_of_other_images_are_not_taken(run, data_dir):
    Image.new("RGB", [8, 8]).save(data_dir / "test" / "x" / "new.png")
    sections = {section.name: section for section in write_report(run)}
    assert "6 images, not these 7" in sections["retrieval"].missing


def test_the_worst_query_is_shown_first_with_its_neighbours(run):
    record = RunRecord(run)
    sheet = PictureSheet(record.indices)
    worst = retrieval(record, sheet)["groups"]["Worst"]
    # x at 90 and y at 85 degrees are nearest to each other; MAP@R is 0 for
    # both. The nearest ones of x at 90: 85 (y), 10 (x), 0 (x), 180 (y), 200.
    assert [query["class"] for query in worst[:2]] in (["x", "y"], ["y", "x"])
    query = next(query for query in worst if query["file"].endswith("x/2.png"))
    files = [other["file"][-7:] for other in query["neighbors"]]
    assert files == ["y/0.png", "x/1.png", "x/0.png", "y/1.png", "y/2.png"]
    assert [other["is_right"] for other in query["neighbors"]] == [
        False,
        True,
        True,
        False,
        False,
    ]
    assert query["neighbors"][1]["distance"] == "1.286"  # 2 * sin(40 degrees)


def test_no_query_is_among_its_own_neighbours(run):
    record = RunRecord(run)
    shown = retrieval(record, PictureSheet(record.indices))["groups"]
    for query in (query for group in shown.values() for query in group):
        assert len(query["neighbors"]) == 5
        assert query["file"] not in [n["file"] for n in query["neighbors"]]


def test_the_atlas_counts_images_and_where_they_moved(run):
    record = RunRecord(run)
    atlas = cluster_atlas(record, PictureSheet(record.indices))
    first, second = atlas["rows"]
    assert (first["epoch"], first["kept"], first["num_unused"]) == (0, None, 1)
    # Eight images were used in both, and six of them stayed.
    assert second["kept"] == pytest.approx(75.0)
    link = atlas["clusterings"][1]["flow"]["data"][0]["link"]
    moved = {
        (source, target): value
        for source, target, value in zip(
            link["source"], link["target"], link["value"]
        )
    }
    # Nodes: learners 0 and 1, unused; the same again after it.
    assert moved == {(0, 3): 3, (0, 4): 2, (1, 4): 3, (1, 5): 1, (2, 4): 1}
    clusters = atlas["clusterings"][0]["clusters"]
    assert [cluster["num_images"] for cluster in clusters] == [5, 4]


def test_curves_stand_at_the_epochs_before_them(run):
    figure = curves(RunRecord(run))["figure"]
    traces = {trace["name"]: trace for trace in figure["data"]}
    assert (traces["loss"]["x"], traces["loss"]["y"]) == ([1], [0.5])
    recall = traces["Recall@1"]
    assert (recall["x"], recall["y"]) == ([2], [12.5])
    lines = [s["x0"] for s in figure["layout"]["shapes"] if s["type"] == "line"]
    assert lines == [0, 2]


@pytest.mark.parametrize(
    "changes, expected",
    [
        (
            {},
            [
                ("learners", 0, 4),
                ("whole embedding", 4, 9),
                ("one cluster", 9, 10),
            ],
        ),
        (
            {"one_cluster_from": 0.2},
            [("learners", 0, 2), ("one cluster", 2, 10)],
        ),
        ({"num_learners": 1}, [("one learner", 0, 10)]),
    ],
)
def test_phases_are_those_of_the_training(changes, expected):
    settings = {"epochs": 10, "one_cluster_from": 0.9, **changes}
    assert phases(TrainConfig(**settings)) == expected


def test_the_sheet_holds_each_picture_once_at_its_place(data_dir):
    index = datasets.load("folder", str(data_dir)).train
    sheet = PictureSheet({"train": index})
    row_of = {str(p).split("train/")[1]: r for r, p in enumerate(index.paths)}
    wanted = {"ant/0.png": RED, "cow/1.png": BLUE, "ant/2.png": GREEN}
    numbers = {
        name: sheet.add("train", row_of[name])
        for name in [*wanted, "ant/0.png"]
    }
    assert len(sheet) == 3
    encoded = re.fullmatch("data:image/jpeg;base64,(.*)", sheet.encode())[1]
    content = tf.io.decode_base64(
        encoded.replace("+", "-").replace("/", "_").rstrip("=")
    )
    image = np.asarray(Image.open(io.BytesIO(content.numpy())).convert("RGB"))
    assert image.shape == (2 * TILE, 2 * TILE, 3)
    for name, color in wanted.items():
        left, top = sheet.place(numbers[name])
        # Percent of what the sheet is wider than a tile, as CSS counts.
        middle = TILE // 2 + np.array([top, left]) / 100 * TILE
        pixel = image[tuple(middle.astype(int))].astype(int)
        assert np.abs(pixel - color).max() < 12, name


def test_an_image_that_is_gone_is_grey(data_dir):
    index = datasets.load("folder", str(data_dir)).train
    sheet = PictureSheet({"train": index})
    sheet.add("train", 0)
    (data_dir / "train" / index.class_names[0]).rename(data_dir / "gone")
    assert sheet.encode().startswith("data:image/jpeg")


def test_the_data_doctor_leaves_a_table_for_other_programs(run):
    write_report(run)
    text = (run.path / "data_doctor.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows
    assert {row["kind"] for row in rows} <= {
        "far_from_class",
        "near_duplicate",
        "never_used",
        "probable_wrong_label",
    }
    assert all(row["file"].endswith(".png") for row in rows)


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
