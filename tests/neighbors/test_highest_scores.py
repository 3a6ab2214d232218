"""The highest scores by a threshold from a sample."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.plain_neighbors import plain_order
from helpers.rounding import exact_points

from dnc_keras import metrics
from dnc_keras.neighbors import highest_scores
from dnc_keras.neighbors import nearest as neighbors
from dnc_keras.neighbors.points import Points


@pytest.mark.parametrize("k, group", [(1, 32), (150, 1)])
def test_survivors_of_the_threshold_are_all_that_is_needed(
    k, group, monkeypatch
):
    monkeypatch.setattr("dnc_keras.neighbors.points.BLOCK_POINTS", 1500)
    queries, gallery = exact_points(30), exact_points(20_000, seed=1)
    rows = Points(neighbors.Rows(gallery), 2**24)
    search = highest_scores.Search(rows, k)
    assert search.group == group
    indices = metrics.nearest_neighbors(queries, gallery, k)[1]
    expected = plain_order(queries, gallery)[:, :k]
    np.testing.assert_array_equal(indices, expected)


@pytest.mark.parametrize("k", [1, 9])
def test_gallery_sorted_by_distance_misleads_no_threshold(low_threshold, k):
    # The sample is every 16th row: none of the nearest, or only the nearest.
    gallery = np.linspace(50.0, 90.0, 2400)[:, None]
    for nearest in (np.arange(2400) % 16 == 0, np.arange(2400) % 16 == 3):
        near = np.where(nearest[:, None], gallery / 100.0, gallery)
        indices = metrics.nearest_neighbors([[0.0], [95.0]], near, k)[1]
        expected = plain_order([[0.0], [95.0]], near)[:, :k]
        np.testing.assert_array_equal(indices, expected)


def test_gallery_of_one_point_repeated_keeps_its_order(low_threshold):
    gallery = np.ones([2400, 3])
    distances, indices = metrics.nearest_neighbors(gallery[:5], gallery, 20)
    np.testing.assert_array_equal(indices, np.tile(np.arange(20), [5, 1]))
    np.testing.assert_array_equal(distances, np.zeros([5, 20]))


def test_some_queries_may_need_all_scores_sorted(low_threshold):
    # 2,000 rows at the first query: none lies above its threshold.
    gallery = np.concatenate([np.zeros([2000, 4]), 600.0 + exact_points(1000)])
    queries = np.array([np.zeros(4), gallery[2500]])
    indices = metrics.nearest_neighbors(queries, gallery, 12)[1]
    expected = plain_order(queries, gallery)[:, :12]
    np.testing.assert_array_equal(indices, expected)
