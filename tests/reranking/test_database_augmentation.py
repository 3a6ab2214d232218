"""Database-side augmentation against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import plain_reranking
from helpers.unit_points import grouped

from dnc_keras import reranking
from dnc_keras.reranking import database_augmentation
from dnc_keras.reranking.database_augmentation import AugmentedGallery
from dnc_keras.reranking.query_expansion import expand

EVERYTHING = slice(0, 30)


def seen_by(query, rows, k):
    """What a query finds: the augmented others, made without it."""
    return plain_reranking.augmented(np.float64(rows), k, absent=query)


@pytest.mark.parametrize("k", [1, 4])
def test_augmented_rows_are_those_of_a_plain_loop(k, monkeypatch):
    monkeypatch.setattr(database_augmentation, "_BLOCK_BYTES", 1000)
    rows = grouped(30)
    expected = plain_reranking.augmented(np.float64(rows), k)
    found = reranking.augment_database(rows, k)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("block_bytes", [1000, 2**24])
def test_query_meets_the_gallery_as_if_it_were_not_in_it(
    block_bytes, monkeypatch
):
    monkeypatch.setattr(database_augmentation, "_BLOCK_BYTES", block_bytes)
    rows = grouped(30)
    expected = []
    for query, row in enumerate(rows):
        squares = np.sum((seen_by(query, rows, 3) - row) ** 2, axis=1)
        squares[query] = np.inf
        expected.append(squares)
    gallery = AugmentedGallery(rows, 3)
    halves = [slice(0, 17), slice(17, 30)]
    found = [gallery.squares(part, rows[part]) for part in halves]
    np.testing.assert_allclose(np.concatenate(found), expected, atol=1e-5)


def test_nearest_are_those_of_a_plain_loop():
    rows = grouped(30)
    expected = [
        plain_reranking.ranked(row, seen_by(query, rows, 3), query)[:5]
        for query, row in enumerate(np.float64(rows))
    ]
    distances, found = AugmentedGallery(rows, 3).neighbors(rows, 5)
    np.testing.assert_array_equal(found, expected)
    nearest = [
        np.linalg.norm(seen_by(query, rows, 3)[expected[query][0]] - row)
        for query, row in enumerate(np.float64(rows))
    ]
    np.testing.assert_allclose(distances[:, 0], nearest, atol=1e-6)


def test_query_is_expanded_by_what_it_meets():
    rows = grouped(30)
    expected = [
        plain_reranking.expanded_query(
            row, seen_by(query, rows, 3), 4, without=query
        )
        for query, row in enumerate(np.float64(rows))
    ]
    found = expand(rows, AugmentedGallery(rows, 3), 4)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_rows_of_another_length_are_refused():
    with pytest.raises(ValueError, match="gallery must be rows of length 1"):
        reranking.augment_database([[1.0, 0.0], [3.0, 0.0]], 1)


def test_neighbors_must_be_there_without_the_query():
    assert reranking.augment_database(np.eye(3), 2).shape == (3, 3)
    with pytest.raises(ValueError, match="gallery, 1. Received: 2. Use fewer"):
        AugmentedGallery(np.eye(3), 2)
