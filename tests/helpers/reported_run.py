"""A run's folder, written by hand, and its report as a browser reads it."""

from __future__ import annotations

import dataclasses
import html.parser
import json

import numpy as np
from helpers.image_files import plain
from helpers.image_files import write_image

from dnc_keras import TrainConfig
from dnc_keras import datasets
from dnc_keras.reports import write_report
from dnc_keras.runs import RunDirectory
from dnc_keras.runs import save_embeddings

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

    VOID = ("img", "input", "link", "meta")

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


def write_reported_images(root):
    """Writes `IMAGES` as train and test folders."""
    for split, classes in IMAGES.items():
        for name, colors in classes.items():
            folder = root / split / name
            for number, color in enumerate(colors):
                write_image(folder / f"{number}.png", plain(color))


def _on_circle(degrees):
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)


def write_reported_run(path, data_dir):
    """A finished run on `IMAGES`, whose embeddings lie on a circle."""
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


def page_of(run, *arguments):
    """The report of a run, written and read again."""
    write_report(run, *arguments)
    return Page(run.report.read_text(encoding="utf-8"))


def missing_in(run):
    """The names of the sections that lack something."""
    return {section.name for section in write_report(run) if section.missing}
