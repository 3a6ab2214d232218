"""The nearest image of another class, against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.points import points

from dnc_keras import metrics


@pytest.mark.parametrize("score_bytes", [1, 2**26])
def test_it_is_that_of_a_plain_loop(score_bytes, monkeypatch):
    monkeypatch.setattr(
        "dnc_keras.metrics.other_classes.SCORE_BYTES", score_bytes
    )
    rows, labels = points(50), np.arange(50) % 6
    distances, indices = metrics.nearest_others(rows, labels)
    for row in range(50):
        others = np.flatnonzero(labels != labels[row])
        measured = np.linalg.norm(rows[others] - rows[row], axis=1)
        assert indices[row] == others[measured.argmin()]
        assert distances[row] == pytest.approx(measured.min(), abs=1e-6)


def test_with_a_gallery_it_is_an_image_of_the_gallery():
    distances, indices = metrics.nearest_others(
        *([[0.0], [9.0]], ["a", "b"]),
        gallery_embeddings=[[1.0], [2.0], [8.0]],
        gallery_labels=["a", "b", "b"],
    )
    assert indices.tolist() == [1, 0]
    assert distances.tolist() == [2.0, 8.0]


def test_of_a_single_class_there_is_none():
    distances, indices = metrics.nearest_others([[0.0], [1.0]], [3, 3])
    assert indices.tolist() == [-1, -1]
    assert np.isnan(distances).all()


def test_of_equal_ones_it_is_the_first():
    _, indices = metrics.nearest_others([[0.0], [1.0], [-1.0]], [0, 1, 1])
    assert indices[0] == 1
