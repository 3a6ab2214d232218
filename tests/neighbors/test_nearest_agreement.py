"""Exact neighbours are those of other libraries."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.neighbors
from helpers.plain_neighbors import assert_as_near
from helpers.rounding import exact_points

from dnc_keras import metrics


@pytest.mark.parametrize("k", [1, 300])
def test_neighbors_are_those_of_scikit_learn(k, low_threshold):
    queries, gallery = exact_points(50, 16), exact_points(5000, 16, seed=1)
    peer = sklearn.neighbors.NearestNeighbors(algorithm="brute").fit(gallery)
    expected = peer.kneighbors(queries, k)
    found = metrics.nearest_neighbors(queries, gallery, k)
    assert_as_near(found, expected[0], queries, gallery)


def test_neighbors_are_those_of_faiss():
    faiss = pytest.importorskip("faiss")
    rows = exact_points(3000, 16).astype(np.float32)
    index = faiss.IndexFlatL2(16)
    index.add(rows)
    expected = index.search(rows[:50], 20)
    found = metrics.nearest_neighbors(rows[:50], rows, 20)
    assert_as_near(found, np.sqrt(expected[0]), rows[:50], rows)


def test_neighbors_are_those_of_torch():
    torch = pytest.importorskip("torch")
    rows = torch.from_numpy(exact_points(3000, 16))
    # Of many rows it would take distances from a product, as we do.
    peer = torch.cdist(
        *(rows[:50], rows), compute_mode="donot_use_mm_for_euclid_dist"
    )
    expected = peer.topk(20, largest=False).values
    found = metrics.nearest_neighbors(rows[:50].numpy(), rows.numpy(), 20)
    assert_as_near(found, expected.numpy(), rows[:50], rows)
