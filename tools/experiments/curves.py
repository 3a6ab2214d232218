"""How fast a run is as good as its control."""

from __future__ import annotations

import math


def epochs_to_reach(curve, goal):
    """Epochs until a curve is at `goal` or above; infinity if it never is."""
    reached = (number for number, x in enumerate(curve, 1) if x >= goal)
    return next(reached, math.inf)
