"""Searches with all methods, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import plain_reranking
from helpers.unit_points import grouped

from dnc_keras.reranking import Methods
from dnc_keras.reranking import RerankedSearch
from dnc_keras.reranking import searched_gallery

ALL = Methods(3, "alpha", 4, 2.0, "k_reciprocal", k1=5, k2=3)


def plain(queries, rows):
    """Augments the gallery, expands the queries, and re-ranks, in order."""
    gallery = plain_reranking.augmented(np.float64(rows), 3)
    queries = [
        plain_reranking.expanded_query(np.float64(query), gallery, 4, 2.0)
        for query in queries
    ]
    return plain_reranking.k_reciprocal(
        np.array(queries), gallery, 5, 3, 0.3, alone=False
    )


@pytest.mark.parametrize("block_bytes", [600, 2**25])
def test_methods_follow_each_other(block_bytes, monkeypatch):
    monkeypatch.setattr(searched_gallery, "BLOCK_BYTES", block_bytes)
    queries, rows = grouped(7, seed=1), grouped(30)
    expected = plain(queries, rows)
    distances, found = RerankedSearch(rows, ALL).search(queries, 30)
    order = np.argsort(expected, axis=1)
    np.testing.assert_array_equal(found, order)
    np.testing.assert_allclose(
        distances, np.take_along_axis(expected, order, axis=1), atol=1e-5
    )


def test_what_a_query_finds_does_not_depend_on_the_others():
    queries, rows = grouped(7, seed=1), grouped(30)
    search = RerankedSearch(rows, ALL)
    together = search.search(queries, 9)
    alone = [search.search(query[None], 9) for query in queries]
    for whole, parts in zip(together, zip(*alone)):
        np.testing.assert_allclose(whole, np.concatenate(parts), atol=1e-6)


def test_query_expanded_among_the_others_is_reranked_among_them():
    rows = grouped(30)
    methods = Methods(0, "average", 4, rerank="k_reciprocal", k1=5, k2=3)
    queries = [
        plain_reranking.expanded_query(row, np.float64(rows), 4, without=number)
        for number, row in enumerate(np.float64(rows))
    ]
    expected = plain_reranking.k_reciprocal(
        np.array(queries), np.float64(rows), 5, 3, 0.3, alone=True
    )
    search = RerankedSearch(rows, methods, alone=True)
    blocks = [block for _, block in search.blocks(rows)]
    np.testing.assert_allclose(np.concatenate(blocks), expected, atol=1e-5)


def test_no_method_is_a_plain_search():
    rows = grouped(30)
    distances, found = RerankedSearch(rows, Methods(), True).search(rows, 3)
    expected = [
        plain_reranking.ranked(r, rows, i)[:3] for i, r in enumerate(rows)
    ]
    np.testing.assert_array_equal(found, expected)
    nearest = np.linalg.norm(rows - rows[found[:, 0]], axis=1)
    np.testing.assert_allclose(distances[:, 0], nearest, atol=1e-6)


def test_seconds_are_those_of_the_methods_that_are_used():
    search = RerankedSearch(grouped(30), Methods(query_expansion="average"))
    search.search(grouped(2), 3)
    assert list(search.seconds) == ["query_expansion"]
    assert search.seconds["query_expansion"] > 0.0


def test_copies_only_are_all_as_far():
    rows = np.tile(grouped(1), [9, 1])
    methods = Methods(rerank="k_reciprocal", k1=3, k2=2)
    distances, found = RerankedSearch(rows, methods).search(rows[:1], 9)
    assert np.isfinite(distances).all()


def test_no_query_finds_nothing():
    methods = Methods(query_expansion="average", expand=2)
    distances, found = RerankedSearch(grouped(9), methods).search(
        np.empty([0, 6]), 3
    )
    assert distances.shape == found.shape == (0, 3)


def test_augmented_gallery_that_searches_itself_is_not_reranked():
    with pytest.raises(ValueError, match="Use one of them"):
        RerankedSearch(grouped(30), ALL, alone=True)


def test_gallery_must_hold_more_than_the_neighbors():
    methods = Methods(rerank="k_reciprocal")
    with pytest.raises(ValueError, match="9 rows, k1=20. Use a smaller k1"):
        RerankedSearch(grouped(9), methods)
