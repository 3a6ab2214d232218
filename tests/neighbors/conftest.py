"""What tests of this folder share."""

from __future__ import annotations

import pytest

from dnc_keras.neighbors import highest_scores


@pytest.fixture
def low_threshold(monkeypatch):
    """Also a gallery of 2,000 rows is searched by thresholds of a sample."""
    monkeypatch.setattr(highest_scores, "MIN_POINTS", 2000)
