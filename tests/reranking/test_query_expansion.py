"""Query expansion against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import plain_reranking
from helpers.unit_points import grouped

from dnc_keras import reranking


def test_mean_of_a_query_and_its_neighbor_by_hand():
    found = reranking.average_query_expansion(
        [[1.0, 0.0]], [[0.0, 1.0], [-1.0, 0.0]], num_neighbors=1
    )
    np.testing.assert_allclose(found, [[0.5**0.5, 0.5**0.5]], rtol=1e-6)


@pytest.mark.parametrize("k", [1, 7])
def test_average_is_that_of_a_plain_loop(k):
    queries, rows = grouped(9, seed=1), grouped(30)
    expected = [
        plain_reranking.expanded_query(np.float64(query), np.float64(rows), k)
        for query in queries
    ]
    found = reranking.average_query_expansion(queries, rows, k)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("alpha", [0.0, 3.0])
def test_alpha_expansion_is_that_of_a_plain_loop(alpha):
    queries, rows = grouped(9, seed=1), grouped(30)
    expected = [
        plain_reranking.expanded_query(
            np.float64(query), np.float64(rows), 5, alpha
        )
        for query in queries
    ]
    found = reranking.alpha_query_expansion(queries, rows, 5, alpha)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_query_does_not_expand_itself():
    rows = np.float64(grouped(30))
    expected = [
        plain_reranking.expanded_query(row, rows, 4, without=number)
        for number, row in enumerate(rows)
    ]
    found = reranking.average_query_expansion(rows, num_neighbors=4)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_neighbors_on_the_far_side_do_not_count():
    found = reranking.alpha_query_expansion([[1.0, 0.0]], [[-1.0, 0.0]], 1)
    np.testing.assert_array_equal(found, [[1.0, 0.0]])


def test_rows_of_another_length_are_refused():
    with pytest.raises(ValueError, match="length 2 in row 1. Divide each row"):
        reranking.average_query_expansion([[1.0]], [[1.0], [2.0]], 1)


def test_gallery_must_have_the_neighbors():
    with pytest.raises(ValueError, match="others in the gallery, 2"):
        reranking.average_query_expansion(np.eye(3), num_neighbors=3)


def test_alpha_below_zero_is_refused():
    with pytest.raises(ValueError, match="alpha"):
        reranking.alpha_query_expansion(np.eye(3), alpha=-1.0)
