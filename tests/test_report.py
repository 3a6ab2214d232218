"""The report of a run is one page that any browser reads."""

from __future__ import annotations

import html.parser
import json

import pytest

from dnc_keras.report import write_report
from dnc_keras.runs import RunDirectory

RESULT = {
    "dataset": "<script>alert(1)</script>",
    "protocol": "each image & all others",
    "num_train_images": 901,
    "before": {"recall_at_1": 0.25, "nmi": 0.5},
    "test": {"recall_at_1": 0.75, "nmi": 0.625},
    "seconds": {"train": 12.34567},
    "versions": {"keras": "keras 3.6.0"},
    "config": {"data_dir": '<b>"pictures"</b>', "epochs": 2},
}
LOG = [{"epoch": 0, "loss": 0.5}, {"epoch": 1, "val_recall_at_1": 0.125}]


class Page(html.parser.HTMLParser):
    """Collects the cells of a page, and refuses tags that do not match."""

    VOID = ("meta",)

    def __init__(self, text):
        super().__init__()
        self._open = []
        self.tags = []
        self.rows = []
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

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


@pytest.fixture
def page(tmp_path):
    run = RunDirectory(tmp_path / "<run>")
    run.path.mkdir()
    run.result.write_text(json.dumps(RESULT))
    run.log.write_text("".join(json.dumps(line) + "\n" for line in LOG))
    write_report(run)
    return Page(run.report.read_text(encoding="utf-8"))


def test_names_cannot_become_tags(page):
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert ["data_dir", '<b>"pictures"</b>'] in page.rows


def test_metrics_stand_before_and_after_training(page):
    assert ["", "before", "after"] in page.rows
    assert ["recall_at_1", "0.25", "0.75"] in page.rows
    assert ["nmi", "0.5", "0.625"] in page.rows


def test_each_epoch_has_a_row_with_gaps_for_what_it_has_not(page):
    header = page.rows.index(["epoch", "loss", "val_recall_at_1"])
    assert page.rows[header + 1 : header + 3] == [
        ["0", "0.5", ""],
        ["1", "", "0.125"],
    ]


def test_counts_seconds_and_versions_are_told(page):
    for row in (
        ["num_train_images", "901"],
        ["train", "12.35"],
        ["keras", "keras 3.6.0"],
    ):
        assert row in page.rows
