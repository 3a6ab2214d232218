"""Rows of length 1, scaled in place or as they are read."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras.arrays import unit_rows
from dnc_keras.arrays.unit_rows import UnitRows
from dnc_keras.arrays.unit_rows import scale_to_unit
from dnc_keras.datasets import VectorRows


def test_rows_are_scaled_in_place():
    features = np.array([[3, 4], [0, 0], [0, -2]], np.float32)
    assert scale_to_unit(features) is features
    np.testing.assert_allclose(features, [[0.6, 0.8], [0, 0], [0, -1]])


@pytest.mark.parametrize(
    "positions",
    [slice(None), slice(3, 90, 7), np.array([9, 2, 2, 60]), slice(5, 5)],
)
def test_what_is_read_has_the_bits_of_what_is_copied(positions, monkeypatch):
    # Rows in parts of seven.
    monkeypatch.setattr(unit_rows, "_PART_BYTES", 7 * 4 * 33)
    random = np.random.default_rng(0)
    stored = random.normal(size=[100, 33]).astype(np.float16)
    rows = UnitRows(VectorRows.of([stored[:40], stored[40:]]))
    expected = scale_to_unit(stored.astype(np.float32))[positions]
    assert rows.shape == (100, 33)
    np.testing.assert_array_equal(rows.take(positions), expected)
    out = np.empty_like(expected)
    assert rows.take(positions, out) is out
    np.testing.assert_array_equal(out, expected)
