"""Neighbours by plain loops."""

from __future__ import annotations

import numpy as np

from dnc_keras.arrays.scores import rounding_of

# What `nearest_neighbors` allows of scores, at most 4 times the squares that
# it does not measure: so much of a square is half as much of a distance.
RTOL = 2.5 * rounding_of(128)


def plain_order(queries, gallery, exclude_self=False):
    """Indices of the gallery by distance, then by index, in float64."""
    orders = []
    for row, query in enumerate(np.asarray(queries, np.float64)):
        distances = ((query - gallery) ** 2).sum(axis=1)
        order = np.argsort(distances, kind="stable")
        orders.append(order[order != row] if exclude_self else order)
    return np.array(orders)


def assert_as_near(found, expected, queries, gallery):
    """Compares distances: of equal ones a peer may take any first."""
    np.testing.assert_allclose(found[0], expected, rtol=RTOL)
    differences = np.asarray(queries)[:, None] - np.asarray(gallery)[found[1]]
    exact = np.linalg.norm(differences.astype(np.float64), axis=2)
    np.testing.assert_allclose(exact, expected, rtol=RTOL)
    assert all(len(set(row)) == len(row) for row in found[1])
