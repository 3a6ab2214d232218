"""Rows of length 1 in a few loose groups."""

from __future__ import annotations

import numpy as np

from dnc_keras.arrays.unit_rows import scale_to_unit

NUM_GROUPS = 5


def grouped(num, seed=0, dim=6):
    """`[num, dim]` float32 rows; row i is of group `i % 5`."""
    centers = np.random.default_rng(7).normal(size=[NUM_GROUPS, dim])
    noise = np.random.default_rng(seed).normal(size=[num, dim])
    rows = centers[np.arange(num) % NUM_GROUPS] + 0.8 * noise
    return scale_to_unit(rows.astype(np.float32))
