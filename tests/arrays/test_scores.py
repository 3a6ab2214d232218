"""Scores, and what is allowed for their rounding."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers.rounding import exact_points

from dnc_keras.arrays.scores import rounding_of
from dnc_keras.arrays.scores import scores
from dnc_keras.arrays.scores import shifted


@pytest.mark.parametrize("dim", [1, 4, 64])
def test_scores_of_whole_numbers_are_exact(dim):
    rows, points = exact_points(300, dim), exact_points(33, dim, seed=1)
    expected = rows @ points.T - 0.5 * (points**2).sum(axis=1)
    mean = np.zeros(dim, np.float32)
    found = scores(
        tf.constant(rows, tf.float32),
        *shifted(points.astype(np.float32), mean),
    )
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dim", [8, 128, 2048])
def test_a_sum_in_the_worst_order_is_within_the_rounding(dim):
    """One number after the other, which no matmul does: the most roundings."""
    random = np.random.default_rng(dim)
    for kind in ("normal", "skewed"):
        rows = random.normal(size=[2, 200, dim]).astype(np.float32)
        x, y = np.abs(rows) if kind == "skewed" else rows
        total = np.zeros(200, np.float32)
        for column in range(dim):
            total += x[:, column] * y[:, column]
        exact = np.sum(x.astype(np.float64) * y, axis=1)
        lengths = np.sum(x.astype(np.float64) ** 2 + y**2.0, axis=1)
        # A squared distance has twice the product.
        assert np.all(2 * np.abs(total - exact) <= rounding_of(dim) * lengths)
