"""Classes and their confusions, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras import metrics

# On a line: classes 0 and 1 lie among each other, 2 is alone, 3 is far away.
ROWS = np.array([[0.0], [1.0], [1.25], [5.0], [0.5], [30.0], [31.0]])
LABELS = np.array([0, 0, 1, 1, 2, 3, 3])


def _results():
    values = metrics.retrieval_values(ROWS, LABELS, (1,))
    found = metrics.nearest_others(ROWS, LABELS)
    return values, found


def test_each_class_has_the_mean_of_its_queries():
    values, found = _results()
    results = metrics.class_results(values, LABELS, LABELS, LABELS, *found)
    assert results.num_images.tolist() == [2, 2, 1, 2]
    assert results.num_queries.tolist() == [2, 2, 0, 2]
    assert results.num_left_out.tolist() == [0, 0, 1, 0]
    # 0.0's nearest is 0.5, those of 1.0 and 1.25 each other; 5.0's is 1.25.
    np.testing.assert_array_equal(
        results.values["recall_at_1"], [0.0, 0.5, np.nan, 1.0]
    )


def test_a_class_of_one_image_has_no_value_and_is_not_measured():
    values, found = _results()
    results = metrics.class_results(values, LABELS, LABELS, LABELS, *found)
    assert np.isnan(results.values["map_at_r"][2])
    assert results.is_measured.tolist() == [True, True, False, True]


def test_the_nearest_wrong_class_is_the_most_frequent_then_the_nearest():
    values, found = _results()
    results = metrics.class_results(values, LABELS, LABELS, LABELS, *found)
    # Of 0: class 2 at 0.5, and class 1 at 0.25. Of 1: class 0 twice.
    assert results.nearest.tolist() == [1, 0, 0, 1]
    assert results.nearest_share.tolist() == [0.5, 1.0, 1.0, 1.0]


def test_values_of_several_draws_are_means_over_all_of_them():
    values = {"recall_at_1": np.array([1.0, 0.0, 1.0, 1.0])}
    results = metrics.class_results(
        *(values, np.array([0, 1, 0, 1])),
        *(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])),
        *(np.ones(4), np.array([2, 2, 0, 0])),
    )
    assert results.values["recall_at_1"].tolist() == [1.0, 0.5]


def test_confusions_count_mistaken_queries_of_both_classes():
    values, found = _results()
    pairs = metrics.confusions(values["recall_at_1"], LABELS, LABELS, *found)
    # 1.0 and 1.25 are nearest to each other, and 0.5 to 0.0.
    assert [(p.first, p.second, p.num_first, p.num_second) for p in pairs] == [
        (0, 1, 1, 1),
        (0, 2, 1, 0),
    ]
    nearest = pairs[0]
    assert (nearest.query, nearest.other, nearest.distance) == (1, 2, 0.25)


def test_the_class_that_is_mistaken_more_often_comes_first():
    pairs = metrics.confusions(
        np.array([1.0, 0.0, 0.0]),
        *(np.array([0, 1, 1]), np.array([0, 1, 1])),
        *(np.array([1.0, 3.0, 2.0]), np.array([1, 0, 0])),
    )
    assert (pairs[0].first, pairs[0].second) == (1, 0)
    assert (pairs[0].num_first, pairs[0].query) == (2, 2)


def test_queries_without_a_match_are_no_confusions():
    is_right = np.array([np.nan, np.nan])
    labels, indices = np.array([0, 1]), np.array([1, 0])
    assert not metrics.confusions(is_right, labels, labels, np.ones(2), indices)


def test_no_more_confusions_than_asked_for():
    values, found = _results()
    pairs = metrics.confusions(
        values["recall_at_1"], LABELS, LABELS, *found, num=1
    )
    assert len(pairs) == 1
    with pytest.raises(ValueError, match="num"):
        metrics.confusions(values["recall_at_1"], LABELS, LABELS, *found, num=0)
