"""The report of a run is one page that any browser reads."""

from __future__ import annotations

import shutil

import pytest
from helpers.image_files import write_image
from helpers.reported_run import EVIL
from helpers.reported_run import missing_in
from helpers.reported_run import page_of

from dnc_keras.reports import write_report
from dnc_keras.runs.trained import TrainedRun


def test_names_cannot_become_tags(run):
    page = page_of(run)
    assert "b" not in page.tags
    assert page.tags.count("script") == page_of(run).tags.count("script")
    text = run.report.read_text(encoding="utf-8")
    assert EVIL not in text
    assert "&lt;script&gt;alert(1)&lt;b&gt;" in text


def test_a_whole_run_lacks_nothing(run):
    assert not missing_in(run)


@pytest.mark.parametrize(
    "file, lacking",
    [
        ("result.json", {"results", "facts"}),
        ("log.jsonl", {"curves", "epochs"}),
        ("embeddings/train.npz", {"atlas", "doctor", "learners"}),
        ("embeddings/test.npz", {"retrieval", "classes", "map", "doctor"}),
    ],
)
def test_a_broken_file_takes_nothing_else_away(run, file, lacking):
    path = run.path / file
    path.write_bytes(path.read_bytes()[:20])
    found = missing_in(run)
    assert found
    assert found <= lacking


def test_a_page_that_cannot_be_written_changes_nothing(run):
    write_report(run)
    table = run.path / "data_doctor.csv"
    table.write_text("of before")
    run.report.unlink()
    run.report.mkdir()
    with pytest.raises(IsADirectoryError, match="report.html"):
        write_report(run)
    assert table.read_text() == "of before"


def test_a_broken_assignment_is_passed_over(run, caplog):
    path = run.assignments / "epoch_0000.npz"
    path.write_bytes(path.read_bytes()[:20])
    assert not missing_in(run)
    assert "Passed over an assignment" in caplog.text


def test_without_settings_the_page_still_has_the_numbers(run):
    run.config.unlink()
    found = missing_in(run)
    assert {"settings", "retrieval", "atlas"} <= found
    assert "results" not in found


def test_what_is_missing_is_told_in_its_place(run):
    run.result.unlink()
    page = page_of(run)
    assert any("not finished" in text for text in page.missing)
    assert any("result.json" in text for text in page.missing)


def test_a_line_that_was_cut_off_is_left_out(run):
    with open(run.log, "a", encoding="utf-8") as log:
        log.write('{"epoch": 2, "lo')
    assert [line["epoch"] for line in TrainedRun(run).log] == [0, 1]


def test_images_that_moved_are_found_in_the_folder_that_is_told(
    run, data_dir, tmp_path
):
    shutil.move(data_dir, tmp_path / "moved")
    assert {"retrieval", "atlas", "doctor"} <= missing_in(run)
    text = run.report.read_text(encoding="utf-8")
    assert f"The images are not in {data_dir} any more" in text
    assert "--data_dir=" in text
    sections = write_report(run, data_dir=str(tmp_path / "moved"))
    assert not [section.name for section in sections if section.missing]


def test_embeddings_of_other_images_are_not_taken(run, data_dir):
    write_image(data_dir / "test" / "x" / "new.png")
    sections = {section.name: section for section in write_report(run)}
    assert "6 images, not these 7" in sections["retrieval"].missing
