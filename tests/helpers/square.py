"""Four points of two clusters, and scikit-learn as the judge."""

from __future__ import annotations

import numpy as np

SQUARE = np.array([[0, 0], [0, 1], [9, 0], [9, 1]], np.float32)
