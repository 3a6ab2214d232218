"""The search by bounds in bfloat16 against plain loops in float64."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers import rounding

from dnc_keras import metrics
from dnc_keras.arrays.rows import Rows
from dnc_keras.neighbors import highest_scores
from dnc_keras.neighbors import rounded_points
from dnc_keras.neighbors import rounded_search
from dnc_keras.neighbors import survivors
from dnc_keras.neighbors.points import Points

NUM_GALLERY, DIM = 20_000, 16


def normal(num_rows, seed):
    rows = np.random.default_rng(seed).normal(size=[num_rows, DIM])
    return rows.astype(np.float32)


def far_from_the_origin(num_rows, seed):
    return normal(num_rows, seed) + np.float32(30.0)


def of_any_length(num_rows, seed):
    lengths = np.random.default_rng(9 + seed).lognormal(size=[num_rows, 1])
    return normal(num_rows, seed) * lengths.astype(np.float32)


def in_tight_clusters(num_rows, seed):
    centres = normal(20, 5)[np.arange(num_rows) % 20]
    return centres + np.float32(1e-2) * normal(num_rows, seed)


def with_one_long_row(num_rows, seed):
    rows = normal(num_rows, seed)
    rows[num_rows // 2] *= 1000.0
    return rows


def copies(num_rows, seed):
    return normal(num_rows // 4, seed)[np.arange(num_rows) % (num_rows // 4)]


@pytest.fixture
def left_to_float32(monkeypatch):
    """Searches in bfloat16; the number of queries left to the other search."""
    monkeypatch.setattr(rounded_search, "bfloat16_pays", lambda: True)
    monkeypatch.setattr(rounded_search, "MIN_DIM", 1)
    left = []
    search = highest_scores.Search.__call__

    def noted(self, rows):
        left.append(rows.shape[0])
        return search(self, rows)

    monkeypatch.setattr(highest_scores.Search, "__call__", noted)
    return left


@pytest.mark.parametrize("k", [1, 20])
@pytest.mark.parametrize(
    "make, most_left",
    [
        (normal, 3),
        (far_from_the_origin, 3),
        (of_any_length, 30),
        (in_tight_clusters, 30),
        (with_one_long_row, 30),
        (copies, 0),
    ],
)
def test_neighbors_are_those_of_a_plain_loop(
    left_to_float32, make, most_left, k
):
    gallery, queries = make(NUM_GALLERY, 0), make(30, 1)
    distances, indices = metrics.nearest_neighbors(queries, gallery, k)
    for query, near, found in zip(queries, distances, indices):
        plain = np.linalg.norm(gallery.astype(np.float64) - query, axis=1)
        expected = np.sort(plain)[:k]
        np.testing.assert_allclose(near, expected, rtol=1e-5)
        np.testing.assert_allclose(plain[found], expected, rtol=1e-5)
        assert len(set(found)) == k
    assert sum(left_to_float32) <= most_left


@pytest.mark.parametrize(
    "make", [normal, far_from_the_origin, of_any_length, in_tight_clusters]
)
def test_the_end_of_the_trial_changes_no_bit(monkeypatch, make):
    monkeypatch.setattr(rounded_search, "MIN_DIM", 1)
    gallery, queries = make(NUM_GALLERY, 0), make(30, 1)
    found = []
    for pays in (False, True):
        monkeypatch.setattr(rounded_search, "bfloat16_pays", lambda: pays)
        found.append(metrics.nearest_neighbors(queries, gallery, 20))
    for one, other in zip(*found):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("pays", [False, True])
def test_neighbors_at_exact_distances_are_those_of_a_sort(monkeypatch, pays):
    monkeypatch.setattr(rounded_search, "bfloat16_pays", lambda: pays)
    dim = rounded_search.MIN_DIM
    gallery = rounding.exact_points(NUM_GALLERY, dim)
    queries = rounding.exact_points(9, dim, seed=1)
    found = metrics.nearest_neighbors(queries, gallery, 5)[1]
    for query, indices in zip(queries, found):
        squares = ((gallery - query) ** 2).sum(axis=1)
        expected = np.argsort(squares, kind="stable")[:5]
        np.testing.assert_array_equal(indices, expected)


def test_no_shape_and_no_number_of_neighbors_traces_anew(left_to_float32):
    survivors._traced_once.cache_clear()
    for k in (1, 2, 7):
        rows = normal(NUM_GALLERY, k)[:, : DIM - k]
        metrics.nearest_neighbors(rows[:k], rows, k)
    for function in (survivors._kth_score, survivors._survivors):
        graph = survivors._traced_once(function, tf.bfloat16, 32)
        assert graph.experimental_get_tracing_count() == 1


def test_queries_that_bounds_do_not_tell_apart_are_left_to_float32(
    left_to_float32,
):
    gallery = in_tight_clusters(NUM_GALLERY, 0)
    metrics.nearest_neighbors(gallery[:50], gallery, 1)
    assert sum(left_to_float32) == 50


@pytest.mark.parametrize(
    "make", [normal, far_from_the_origin, of_any_length, with_one_long_row]
)
def test_bounds_are_at_least_the_scores_and_at_most_two_margins_more(make):
    gallery, queries = make(700, 0), make(40, 1)
    rounded = rounded_points.RoundedPoints(Points(Rows(gallery), 2**24))
    thresholds = tf.reshape(tf.linspace(-3.0, 3.0, 40), [40, 1])
    columns, margins = rounded.queries(tf.constant(queries), thresholds)
    # In float32, as the product itself is rounded once more.
    ((_, points),) = rounded.blocks()
    bounds = tf.matmul(
        *(tf.cast(each, tf.float32) for each in (columns, points)),
        transpose_b=True,
    ).numpy()[:, :700]
    mean = gallery.mean(axis=0, dtype=np.float64)
    x, p = queries - mean, gallery - mean
    scores = x @ p.T - 0.5 * (p**2).sum(axis=1) - thresholds.numpy()
    assert (bounds >= scores).all()
    assert (bounds <= scores + 2.0 * margins.numpy()).all()


def test_points_that_fill_up_a_block_are_below_all_others():
    rows = Rows(1e3 * normal(33, 0))
    rounded = rounded_points.RoundedPoints(Points(rows, 2**24))
    columns, _ = rounded.queries(rows.take(slice(None)), 0.0)
    ((_, points),) = rounded.blocks()
    bounds = tf.cast(tf.matmul(columns, points, transpose_b=True), tf.float32)
    assert points.shape[0] == 64
    assert tf.reduce_max(bounds[:, 33:]) < -1e38 < tf.reduce_min(bounds[:, :33])


@pytest.mark.parametrize("rounded_seconds, pays", [(0.5, True), (0.9, False)])
def test_a_trial_tells_whether_bfloat16_pays(
    monkeypatch, rounded_seconds, pays
):
    seconds = {tf.bfloat16: rounded_seconds, tf.float32: 1.0}
    monkeypatch.setattr(
        rounded_points, "_seconds", lambda matrix: seconds[matrix.dtype]
    )
    assert rounded_points.bfloat16_pays.__wrapped__() is pays


def test_sums_in_bfloat16_do_not_pay(monkeypatch):
    monkeypatch.setattr(rounded_points, "_seconds", lambda matrix: 1.0)
    monkeypatch.setattr(tf, "matmul", lambda a, b: tf.minimum(a, b) * 256)
    assert not rounded_points.bfloat16_pays.__wrapped__()


@pytest.mark.parametrize(
    "num_rows, dim, depth, pays",
    [
        (NUM_GALLERY, rounded_search.MIN_DIM, 9, False),
        (NUM_GALLERY, rounded_search.MIN_DIM - 1, 9, True),
        (8_000, rounded_search.MIN_DIM, 9, True),
        (120_000, rounded_search.MIN_DIM, rounded_search.MAX_DEPTH + 1, True),
    ],
)
def test_search_stays_in_float32_where_that_is_faster(
    monkeypatch, num_rows, dim, depth, pays
):
    monkeypatch.setattr(rounded_search, "bfloat16_pays", lambda: pays)
    gallery = Rows(np.zeros([num_rows, dim], np.float32))
    search = rounded_search.fastest_search(gallery, depth, 2**24)
    assert not isinstance(search, rounded_search.RoundedSearch)
