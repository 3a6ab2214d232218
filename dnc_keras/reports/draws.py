"""Some of many images, to be shown."""

from __future__ import annotations

import numpy as np


def draw_rows(rows, num_rows: int, seed: int) -> np.ndarray:
    """Draws rows at random; returns them in their order.

    Args:
        rows: `[num]` integers, or their number for all from 0 on.
        num_rows: how many to draw at most.
        seed: of the draw.
    """
    drawn = np.random.default_rng(seed).permutation(rows)[:num_rows]
    return np.sort(drawn)
