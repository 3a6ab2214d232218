"""What looks wrong in the data, as a file."""

from __future__ import annotations

import csv
import io

from dnc_keras.reports import write_report


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
