"""Queries with their neighbours."""

from __future__ import annotations

from dnc_keras.reports.pictures import PictureSheet
from dnc_keras.reports.retrieval import retrieval
from dnc_keras.runs.trained import TrainedRun


def test_the_worst_query_is_shown_first_with_its_neighbours(run):
    record = TrainedRun(run)
    sheet = PictureSheet(record.indices)
    worst = retrieval(record, sheet)["groups"]["Worst"]
    # x at 90 and y at 85 degrees are nearest to each other; MAP@R is 0 for
    # both. The nearest ones of x at 90: 85 (y), 10 (x), 0 (x), 180 (y), 200.
    assert {query["class"] for query in worst} == {"x", "y"}
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


def test_the_queries_of_a_kind_are_of_different_classes(run):
    record = TrainedRun(run)
    shown = retrieval(record, PictureSheet(record.indices))
    for queries in [*shown["groups"].values(), shown["of_classes"]]:
        classes = [query["class"] for query in queries]
        assert len(set(classes)) == len(classes)
    assert [query["class"] for query in shown["of_classes"]] == ["x", "y"]


def test_a_near_miss_is_the_one_with_the_smallest_gap(run):
    record = TrainedRun(run)
    missed = retrieval(record, PictureSheet(record.indices))["groups"][
        "Near misses"
    ]
    # Wrong nearest: x at 90 degrees (5 to a y; 80 to an x), y at 85 (5 to an
    # x; 95 to a y). The others have their own class nearest.
    assert [query["file"][-7:] for query in missed] == ["x/2.png", "y/0.png"]
    assert not any(query["is_right"] for query in missed)


def test_no_query_is_among_its_own_neighbours(run):
    record = TrainedRun(run)
    shown = retrieval(record, PictureSheet(record.indices))["groups"]
    for query in (query for group in shown.values() for query in group):
        assert len(query["neighbors"]) == 5
        assert query["file"] not in [n["file"] for n in query["neighbors"]]
