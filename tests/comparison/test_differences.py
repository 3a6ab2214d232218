"""What runs differ in, and when they cannot be compared."""

from __future__ import annotations

from helpers.compared_runs import VERSIONS
from helpers.compared_runs import change_result
from helpers.compared_runs import read
from helpers.compared_runs import write_run

from dnc_keras import comparison
from dnc_keras.comparison import tables


def test_only_settings_that_differ_are_told(tmp_path):
    runs = read(
        write_run(tmp_path / "a", margin=0.2),
        write_run(tmp_path / "b", margin=0.1, loss="triplet"),
    )
    assert comparison.differing_settings(runs) == ["loss", "margin"]
    header, rows = tables.settings_table(runs)
    assert header == ["", "loss", "margin"]
    assert rows == [["a", "margin", "0.2"], ["b", "triplet", "0.1"]]


def test_a_setting_that_an_old_version_lacks_has_its_default(tmp_path):
    runs = read(
        write_run(tmp_path / "old"), write_run(tmp_path / "new", turns="equal")
    )
    assert comparison.differing_settings(runs) == []
    assert tables.settings_table(runs)[1] == []


def test_other_data_and_protocols_are_warned_of(tmp_path):
    paths = [write_run(tmp_path / name) for name in "abc"]
    change_result(paths[2], dataset="omniglot", protocol="another")
    assert comparison.find_warnings(read(*paths)) == [
        "not comparable: the data sets differ: digits (a and 1 more); "
        "omniglot (c)",
        "not comparable: the protocols differ: each against all (a and 1 "
        "more); another (c)",
    ]


def test_other_test_sets_are_warned_of(tmp_path):
    paths = [write_run(tmp_path / name) for name in "abc"]
    change_result(paths[0], test_set="1f")
    # Run b does not say.
    assert comparison.find_warnings(read(*paths[:2])) == []
    change_result(paths[2], test_set="2e")
    assert comparison.find_warnings(read(*paths)) == [
        "not comparable: the test sets differ: 1f (a); 2e (c)"
    ]


def test_test_classes_of_other_seeds_are_warned_of(tmp_path):
    paths = [
        write_run(tmp_path / str(seed), seed=seed, dataset="folder")
        for seed in (0, 1)
    ]
    assert comparison.find_warnings(read(*paths)) == [
        "not comparable: the seeds of the test classes differ: 0 (0); 1 (1)"
    ]
    for path in paths:
        change_result(path, test_set="1f")
    # Nothing was drawn, as they say now.
    assert comparison.find_warnings(read(*paths)) == []


def test_other_versions_are_warned_of(tmp_path):
    paths = [write_run(tmp_path / name) for name in "ab"]
    assert comparison.find_warnings(read(*paths)) == []
    change_result(paths[1], versions={**VERSIONS, "tensorflow": "2.21.0"})
    assert comparison.find_warnings(read(*paths)) == [
        "the versions of tensorflow differ: 2.15.1 (a); 2.21.0 (b)"
    ]


def test_other_queries_that_count_are_warned_of(tmp_path):
    paths = [write_run(tmp_path / name) for name in "abc"]
    change_result(paths[1], num_queries=9, num_queries_left_out=0)
    # Run a does not say.
    assert comparison.find_warnings(read(*paths[:2])) == []
    change_result(paths[2], num_queries=9, num_queries_left_out=2)
    assert comparison.find_warnings(read(*paths)) == [
        "not comparable: the queries that count differ: 9 (b); 7 (c)"
    ]
