"""What tests of this folder share."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def features():
    return np.random.default_rng(0).normal(size=[300, 5]).astype(np.float32)
