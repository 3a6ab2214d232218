"""k-reciprocal re-ranking against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import plain_reranking
from helpers.unit_points import grouped

from dnc_keras import reranking


@pytest.mark.parametrize(
    "k1, k2, weight", [(6, 3, 0.3), (5, 1, 0.0), (9, 9, 1)]
)
@pytest.mark.parametrize("seed", [0, 1])
def test_distances_among_the_others_are_those_of_a_plain_loop(
    k1, k2, weight, seed
):
    rows = grouped(40, seed)
    found = reranking.k_reciprocal_distances(rows, None, k1, k2, weight)
    expected = plain_reranking.k_reciprocal(
        *(np.float64(rows), np.float64(rows)), k1, k2, weight, alone=True
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("k1, k2, weight", [(6, 3, 0.3), (5, 1, 0.0)])
def test_distances_to_a_gallery_are_those_of_a_plain_loop(k1, k2, weight):
    queries, rows = grouped(20, seed=1), grouped(40)
    found = reranking.k_reciprocal_distances(queries, rows, k1, k2, weight)
    expected = plain_reranking.k_reciprocal(
        *(np.float64(queries), np.float64(rows)), k1, k2, weight, alone=False
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)
