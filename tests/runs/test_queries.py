"""The file of the test metrics of each query."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras.runs import RunDirectory
from dnc_keras.runs.queries import QueryValues
from dnc_keras.runs.queries import load_query_values
from dnc_keras.runs.queries import save_query_values
from dnc_keras.support.formats import FORMAT_VERSION

VALUES = {"recall_at_1": np.array([1.0, np.nan, 0.0])}
LABELS = np.array([0, 1, 0], np.int32)


def test_values_are_read_as_they_were_kept(tmp_path):
    run = RunDirectory(tmp_path)
    save_query_values(run, QueryValues(VALUES, LABELS, ("elm", "öre"), "x"))
    found = load_query_values(run)
    assert list(found.values) == ["recall_at_1"]
    np.testing.assert_array_equal(
        found.values["recall_at_1"], VALUES["recall_at_1"]
    )
    np.testing.assert_array_equal(found.labels, LABELS)
    assert (found.class_names, found.order) == (("elm", "öre"), "x")
    with np.load(tmp_path / "queries.npz") as file:
        assert file["format_version"] == FORMAT_VERSION


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"labels": LABELS[:2]}, "not of the same queries"),
        ({"labels": LABELS + 0.5}, "arrays of other types"),
        ({"labels": LABELS + 1}, "labels without a name"),
        ({"labels": LABELS - 1}, "labels without a name"),
        ({"metric_recall_at_1": np.array(["a", "b", "c"])}, "of other types"),
        ({"labels": None}, "no array 'labels'"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, changes, words):
    arrays = {
        "labels": LABELS,
        "class_names": np.array(["elm", "oak"]),
        "order": np.array(""),
        "metric_recall_at_1": VALUES["recall_at_1"],
        **changes,
    }
    arrays = {name: x for name, x in arrays.items() if x is not None}
    np.savez(tmp_path / "queries.npz", **arrays)
    with pytest.raises(ValueError, match=words):
        load_query_values(RunDirectory(tmp_path))


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "queries.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(ValueError, match="whole .npz"):
        load_query_values(RunDirectory(tmp_path))
