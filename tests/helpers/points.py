"""Rows to search in."""

from __future__ import annotations

import numpy as np


def points(num_rows, dim=4, seed=0):
    """`[num_rows, dim]` normally distributed rows."""
    rows = np.random.default_rng(seed).normal(size=[num_rows, dim])
    return rows.astype(np.float32)
