"""The test metrics of each query, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.compared_runs import change_result
from helpers.compared_runs import read
from helpers.compared_runs import write_measured
from helpers.compared_runs import write_run

from dnc_keras.comparison.query_values import query_values
from dnc_keras.runs import RunDirectory
from dnc_keras.runs import save_embeddings

# On a line: 0 and 1 find each other; 5 finds 6, of the other class, and 6
# finds 5; 8.5 finds 6, of its own class.
POINTS = np.array([[0.0], [1.0], [5.0], [6.0], [8.5]], np.float32)
LABELS = np.array([0, 0, 0, 1, 1])
RECALLS = [1, 1, 0, 0, 1]


def test_values_that_a_run_kept_are_read(tmp_path):
    write_measured(tmp_path / "a", [1, 0, 1], [0, 0, 1])
    found = query_values(*read(tmp_path / "a"))
    assert found.values["recall_at_1"].tolist() == [1, 0, 1]
    assert found.class_names == ("class 0", "class 1")
    assert found.order == "abc"


def test_an_earlier_run_is_searched_again(tmp_path):
    run = write_run(tmp_path / "a", recall=3 / 5)
    save_embeddings(RunDirectory(run), "test", POINTS, LABELS)
    found = query_values(*read(run))
    assert found.values["recall_at_1"].tolist() == RECALLS
    assert found.labels.tolist() == LABELS.tolist()
    # The result has neither, and says nothing of NMI by query.
    assert list(found.values) == ["recall_at_1"]
    assert found.order == ""


def test_an_earlier_run_is_searched_for_the_ks_of_its_result(tmp_path):
    run = write_run(tmp_path / "a")
    change_result(run, test={"recall_at_2": 4 / 5, "recall_at_3": 1.0})
    save_embeddings(RunDirectory(run), "test", POINTS, LABELS)
    found = query_values(*read(run))
    # 5 finds 6 and then 8.5, of the other class: at k = 3 it finds 1.
    assert found.values["recall_at_2"].tolist() == [1, 1, 0, 1, 1]
    assert found.values["recall_at_3"].tolist() == [1, 1, 1, 1, 1]


def test_queries_are_searched_in_the_gallery(tmp_path):
    run = write_run(tmp_path / "a", recall=0.5)
    queries, gallery = [[0.0], [6.0]], [[1.0], [5.0], [9.0]]
    for part, rows, labels in (
        ("query", queries, [0, 1]),
        ("gallery", gallery, [0, 0, 1]),
    ):
        save_embeddings(
            RunDirectory(run), part, np.float32(rows), np.array(labels)
        )
    assert query_values(*read(run)).values["recall_at_1"].tolist() == [1, 0]


def test_drawn_galleries_give_each_draw_its_queries(tmp_path):
    run = write_run(tmp_path / "a")
    change_result(run, test={"recall_at_1": 1.0, "mean_average_precision": 1.0})
    rows = np.float32([[0.0], [1.0], [8.0], [9.0], [7.0]])
    save_embeddings(RunDirectory(run), "test", rows, np.array([0, 0, 1, 1, 1]))
    found = query_values(*read(run))
    # Ten draws of one query of class 0 and two of class 1.
    assert found.values["recall_at_1"].tolist() == [1] * 30
    assert found.labels.tolist() == [0, 1, 1] * 10


@pytest.mark.parametrize("is_kept", [True, False])
def test_values_of_another_result_are_refused(tmp_path, is_kept):
    run = write_measured(tmp_path / "a", RECALLS, LABELS)
    save_embeddings(RunDirectory(run), "test", POINTS, LABELS)
    if not is_kept:
        (run / "queries.npz").unlink()
    change_result(run, test={"recall_at_1": 0.1})
    with pytest.raises(ValueError) as error:
        query_values(*read(run))
    files = ["queries.npz"] * is_kept + ["them"]
    for file in files:
        assert (
            f"the mean recall_at_1 of {file} is 0.6000, and that in "
            "result.json 0.1000"
        ) in str(error.value)
    assert ("there is no queries.npz" in str(error.value)) != is_kept


def test_embeddings_are_searched_where_kept_values_are_damaged(
    tmp_path, caplog
):
    run = write_measured(tmp_path / "a", RECALLS, LABELS)
    save_embeddings(RunDirectory(run), "test", POINTS, LABELS)
    (run / "queries.npz").write_bytes(b"no archive")
    assert query_values(*read(run)).values["recall_at_1"].tolist() == RECALLS
    assert "must be a whole .npz" in caplog.text


def test_a_run_without_either_says_what_helps(tmp_path):
    run = write_run(tmp_path / "a")
    with pytest.raises(ValueError) as error:
        query_values(*read(run))
    assert str(error.value) == (
        "a has no values of single queries: there is no queries.npz; in "
        "embeddings/, there is no test.npz. Where its images are at hand, "
        "`python -m dnc_keras.report` makes embeddings again."
    )
