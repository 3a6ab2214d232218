"""Exact neighbours against plain loops."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest
import tensorflow as tf
from helpers.plain_neighbors import RTOL
from helpers.plain_neighbors import assert_as_near
from helpers.plain_neighbors import plain_order
from helpers.rounding import exact_points

from dnc_keras import metrics
from dnc_keras.neighbors import highest_scores
from dnc_keras.neighbors import nearest as neighbors

LINE = np.array([[0.0], [1.0], [3.0], [7.0]])


@pytest.fixture
def small_blocks(monkeypatch):
    """Three queries and eleven gallery rows make a block."""
    monkeypatch.setattr(neighbors, "MAX_QUERIES", 3)
    monkeypatch.setattr("dnc_keras.neighbors.points.BLOCK_POINTS", 11)


@pytest.mark.parametrize("k", [1, np.int64(5), 900])
def test_neighbors_are_those_of_a_plain_loop(k):
    queries, gallery = exact_points(20), exact_points(900, seed=1)
    distances, indices = metrics.nearest_neighbors(queries, gallery, k)
    expected = plain_order(queries, gallery)[:, :k]
    np.testing.assert_array_equal(indices, expected)
    exact = np.linalg.norm(queries[:, None] - gallery[expected], axis=2)
    np.testing.assert_allclose(distances, exact, rtol=RTOL)
    assert distances.dtype == np.float32
    assert indices.dtype == np.int32


@pytest.mark.parametrize("k", [1, 900])
def test_distances_of_any_rows_are_those_of_a_plain_loop(k):
    # Rounded, so that rows nearly as near may change places.
    random = np.random.default_rng(0)
    queries, gallery = (
        random.normal(size=[num, 4]).astype(np.float32) for num in (20, 900)
    )
    found = metrics.nearest_neighbors(queries, gallery, k)
    every = np.linalg.norm(queries[:, None].astype(float) - gallery, axis=2)
    expected = np.sort(every, axis=1)[:, :k]
    assert_as_near(found, expected, queries, gallery)


@pytest.mark.parametrize("exclude_self", [False, True])
@pytest.mark.parametrize("k", [1, 20])
def test_blocks_do_not_change_the_neighbors(small_blocks, k, exclude_self):
    rows = exact_points(50)
    indices = metrics.nearest_neighbors(rows, rows, k, exclude_self)[1]
    expected = plain_order(rows, rows, exclude_self)[:, :k]
    np.testing.assert_array_equal(indices, expected)


def test_row_is_left_out_by_index_and_not_by_distance():
    rows = np.array([[5.0], [5.0], [6.0]])
    distances, indices = metrics.nearest_neighbors(rows, rows, 1, True)
    np.testing.assert_array_equal(indices, [[1], [0], [0]])
    np.testing.assert_array_equal(distances, [[0], [0], [1]])


@pytest.mark.parametrize("k", [2, 300])
def test_lower_index_comes_first_among_equal_rows(k):
    gallery = np.tile(exact_points(3), [400, 1])
    indices = metrics.nearest_neighbors(gallery[:3], gallery, k)[1]
    expected = np.arange(3)[:, None] + 3 * np.arange(k)
    np.testing.assert_array_equal(indices, expected)


def test_equal_row_is_at_distance_zero():
    rows = exact_points(30, dim=64) + 100.0
    distances = metrics.nearest_neighbors(rows, rows, 1)[0]
    np.testing.assert_array_equal(distances, np.zeros([30, 1]))


def test_rows_far_from_the_origin_keep_their_neighbors():
    rows = exact_points(40).astype(np.float32) + np.float32(100.0)
    indices = metrics.nearest_neighbors(rows, rows, 3)[1]
    np.testing.assert_array_equal(indices, plain_order(rows, rows)[:, :3])


@pytest.mark.parametrize("make", [np.float16, tf.constant, np.ndarray.tolist])
def test_any_array_is_measured_in_float32(make):
    distances, indices = metrics.nearest_neighbors(
        make(LINE), make(LINE), 2, exclude_self=True
    )
    np.testing.assert_array_equal(indices, [[1, 2], [0, 2], [1, 0], [2, 1]])
    np.testing.assert_array_equal(distances, [[1, 3], [1, 2], [2, 3], [4, 6]])


def test_no_queries_have_no_neighbors():
    distances, indices = metrics.nearest_neighbors(LINE[:0], LINE, 2)
    assert distances.shape == indices.shape == (0, 2)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"k": 5}, "Received: k=5. Use a smaller k"),
        ({"k": 4, "exclude_self": True}, "rows to find, 3"),
        ({"k": 0}, "k must be between 1"),
        ({"gallery": LINE[:0]}, "larger gallery"),
        ({"gallery": exact_points(4)}, "Compute both with the same model"),
        ({"queries": LINE[:2], "exclude_self": True}, "that are the gallery"),
        ({"queries": LINE * np.nan}, "features must be finite"),
        ({"gallery": LINE + np.inf}, "drop the broken rows"),
        ({"memory_budget": 0}, "Received: 0. Use memory_budget=268435456"),
    ],
)
def test_impossible_search_is_an_error_with_advice(arguments, words):
    arguments = {"queries": LINE, "gallery": LINE, "k": 1, **arguments}
    with pytest.raises(ValueError, match=words):
        metrics.nearest_neighbors(**arguments)


def test_distances_that_rounding_would_swap_are_ordered():
    # Far apart from each other, so that scores lose the digits that differ.
    gallery = np.zeros([60, 2], np.float32)
    gallery[:, 0] = 1000.0 * (-1.0) ** np.arange(60)
    gallery[:, 1] = np.arange(60)[::-1] / 128.0
    queries = gallery[[20, 31]]
    distances, indices = metrics.nearest_neighbors(queries, gallery, 30)
    expected = plain_order(queries, gallery)[:, :30]
    np.testing.assert_array_equal(indices, expected)
    exact = np.linalg.norm(queries[:, None] - gallery[expected], axis=2)
    np.testing.assert_allclose(distances, exact, rtol=1e-6)


def test_all_rows_may_be_asked_for(small_blocks):
    queries, gallery = exact_points(7), exact_points(100, seed=1)
    indices = metrics.nearest_neighbors(queries, gallery, 100)[1]
    np.testing.assert_array_equal(indices, plain_order(queries, gallery))


def test_gallery_of_one_row_is_found():
    distances, indices = metrics.nearest_neighbors(LINE, LINE[2:3], 1)
    np.testing.assert_array_equal(indices, np.zeros([4, 1]))
    np.testing.assert_array_equal(distances, [[3], [2], [0], [4]])


def test_columns_of_zeros_are_at_distance_zero():
    distances = metrics.nearest_neighbors(np.zeros([2, 3]), np.zeros([4, 3]), 4)
    np.testing.assert_array_equal(distances[0], np.zeros([2, 4]))


def test_neighbors_are_the_same_twice(low_threshold):
    queries, gallery = exact_points(40, 16), exact_points(3000, 16, seed=1)
    first = metrics.nearest_neighbors(queries, gallery, 9)
    again = metrics.nearest_neighbors(queries, gallery, 9)
    np.testing.assert_array_equal(first, again)


def test_two_devices_find_exactly_the_same(
    small_blocks, low_threshold, two_replicas
):
    queries, gallery = exact_points(20, 16), exact_points(2500, 16, seed=1)
    alone = metrics.nearest_neighbors(queries, gallery, 9)
    with two_replicas.scope():
        both = metrics.nearest_neighbors(queries, gallery, 9)
    np.testing.assert_array_equal(alone, both)


def test_each_device_searches_its_share(
    small_blocks, two_replicas, monkeypatch
):
    used = []
    search = highest_scores.Search.__call__

    def noted(self, rows):
        used.append(tf.zeros([]).device[-5:])
        return search(self, rows)

    monkeypatch.setattr(highest_scores.Search, "__call__", noted)
    with two_replicas.scope():
        metrics.nearest_neighbors(exact_points(12), exact_points(50), 1)
    assert sorted(used) == ["CPU:0", "CPU:0", "CPU:1", "CPU:1"]


@pytest.mark.parametrize("memory_budget", [1, 10_000, 10**6])
def test_budget_does_not_change_the_neighbors(memory_budget):
    rows = exact_points(20)
    found = metrics.nearest_neighbors(
        rows, rows, 5, exclude_self=True, memory_budget=memory_budget
    )
    expected = plain_order(rows, rows, exclude_self=True)[:, :5]
    np.testing.assert_array_equal(found[1], expected)


_PEAK = """
import resource
import numpy as np
from dnc_keras import metrics

def peak():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

rows = np.random.default_rng(0).normal(size=[20_000, 64]).astype(np.float32)
metrics.nearest_neighbors(rows[:50], rows, 400, memory_budget=2**20)
before = peak()
metrics.nearest_neighbors(rows[:4000], rows, 400, memory_budget=2**26)
print(peak() - before)
"""


def test_budget_bounds_what_is_held_beyond_the_results():
    # In a process of its own: the peak of this one is that of other tests.
    run = subprocess.run(
        [sys.executable, "-c", _PEAK], capture_output=True, text=True
    )
    results = 4000 * 400 * 8
    assert int(run.stdout) < 2**26 + results


def test_search_is_silent_unless_a_program_asks_for_bars(capfd):
    metrics.nearest_neighbors(LINE, LINE, 1)
    assert capfd.readouterr() == ("", "")


def test_leaving_the_ranking_early_ends_its_threads(small_blocks):
    rows = neighbors.Rows(exact_points(30))
    before = threading.active_count()
    next(neighbors.ranked(rows, rows, 2, False))
    assert threading.active_count() == before


def test_half_precision_is_searched_in_single_precision():
    rows = exact_points(50).astype(np.float16)
    indices = metrics.nearest_neighbors(rows, rows, 5)[1]
    np.testing.assert_array_equal(indices, plain_order(rows, rows)[:, :5])
