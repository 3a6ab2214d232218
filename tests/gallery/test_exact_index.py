"""The exact index against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers import rounding
from helpers.points import points

from dnc_keras import gallery
from dnc_keras.arrays.memory import aligned_empty
from dnc_keras.gallery import exact_index


def plain(queries, rows, k):
    """(distances, indices) by a loop in float64; the lower index first."""
    distances = [
        np.linalg.norm(np.float64(rows) - query, axis=1) for query in queries
    ]
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(np.array(distances), order, axis=1), order


def check(found, expected):
    np.testing.assert_array_equal(found[1], expected[1])
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-5, atol=1e-6)
    assert (found[0].dtype, found[1].dtype) == (np.float32, np.int32)


@pytest.mark.parametrize("num_queries", [1, 3, 20, 70])
@pytest.mark.parametrize("k", [1, 5, 300])
def test_exact_neighbors_are_those_of_a_plain_loop(num_queries, k):
    queries = rounding.exact_points(num_queries)
    rows = rounding.exact_points(300, seed=1)
    index = gallery.ExactIndex(rows)
    check(index.search(queries, k), plain(queries, rows, k))
    check(index.search(queries, k), plain(queries, rows, k))


def test_no_query_has_no_neighbors():
    distances, indices = gallery.ExactIndex(points(9)).search(points(0), 2)
    assert distances.shape == indices.shape == (0, 2)


@pytest.mark.parametrize("k", [1, 4])
def test_lower_index_comes_first_among_many_copies(k):
    rows = np.tile(points(3), [40, 1])
    found = gallery.ExactIndex(rows).search(rows[1:2], k)
    np.testing.assert_array_equal(found[1], [1 + 3 * np.arange(k)])
    np.testing.assert_array_equal(found[0], np.zeros([1, k]))


def test_rows_far_from_the_origin_keep_their_neighbors():
    rows = points(400) + np.float32(1000.0)
    check(
        gallery.ExactIndex(rows).search(rows[:5], 3), plain(rows[:5], rows, 3)
    )


def test_few_queries_leave_the_slow_way_alone(monkeypatch):
    rows = points(2000, 16)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = gallery.ExactIndex(rows)
    monkeypatch.delattr(exact_index, "nearest_neighbors")
    check(index.search(rows[:20], 5), plain(rows[:20], rows, 5))


def test_gallery_is_not_copied():
    rows = aligned_empty([70_000, 128])
    rows[:] = 1.0
    index = gallery.ExactIndex(rows)
    assert np.shares_memory(index._array, rows)


@pytest.mark.parametrize("make", [np.float64, tf.constant, np.ndarray.tolist])
def test_any_array_is_searched(make):
    rows = points(20)
    check(
        gallery.ExactIndex(make(rows)).search(make(rows[:2]), 3),
        plain(rows[:2], rows, 3),
    )


@pytest.mark.parametrize("make", [gallery.ExactIndex, gallery.FaissIndex])
@pytest.mark.parametrize(
    "queries, rows, k, words",
    [
        (points(1), points(3), 4, "Use a smaller k or a larger gallery"),
        (points(1, 5), points(3), 1, "Compute both with the same model"),
        (points(1) * np.nan, points(3), 1, "must be finite"),
        (points(1), points(3) * np.inf, 1, "must be finite"),
    ],
)
def test_impossible_search_is_an_error_with_advice(
    make, queries, rows, k, words
):
    if make is gallery.FaissIndex:
        pytest.importorskip("faiss")
    with pytest.raises(ValueError, match=words):
        make(rows).search(queries, k)


def test_recall_is_the_share_of_the_neighbors_that_are_found():
    class Half:
        """Knows the even rows only."""

        def search(self, queries, k):
            distances, indices = plain(queries, rows[::2], k)
            return distances, 2 * indices

    rows = np.arange(40.0)[:, None].astype(np.float32)
    exact = gallery.ExactIndex(rows)
    assert gallery.recall(exact, exact, rows, k=3) == 1.0
    # Of a row's two nearest, one below and one above it, only odd rows have
    # even ones; both are found then, and none for even rows but at the end.
    true = plain(rows, rows, 3)[1]
    half = Half().search(rows, 3)[1]
    expected = np.mean(
        [
            len(({*a} & {*b}) - {row}) / 2
            for row, (a, b) in enumerate(zip(true, half))
        ]
    )
    assert gallery.recall(Half(), exact, rows, k=2) == pytest.approx(expected)
