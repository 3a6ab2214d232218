"""Ranks in galleries that are never sorted as a whole."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from helpers.plain_neighbors import plain_order
from helpers.plain_rankings import LINE
from helpers.plain_rankings import plain_metrics
from helpers.rounding import exact_points

from dnc_keras import metrics
from dnc_keras.metrics import full_ranking


@pytest.mark.parametrize("max_counted", [0, 200])
def test_ranks_are_those_of_a_sort_lower_index_first(monkeypatch, max_counted):
    monkeypatch.setattr(full_ranking, "MAX_COUNTED", max_counted)
    scores = np.array([0.5, 2.0, 0.5, 3.0, 2.0, 0.5], np.float32)
    ranks = full_ranking.ranks_of(scores, np.array([2, 4, 3, 1]))
    np.testing.assert_array_equal(ranks, [5, 3, 1, 2])


def test_full_ranking_is_never_held_for_all_queries(monkeypatch):
    monkeypatch.setattr(full_ranking, "SCORE_BYTES", 2**17)
    rows, labels = exact_points(1000).astype(np.float32), np.arange(1000) // 4
    search = (rows, labels, [1], rows, labels)
    metrics.retrieval_metrics(*search)
    tracemalloc.start()
    metrics.retrieval_metrics(*search)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20  # All at once would be 4 * 2**20 bytes.


def test_ignored_images_take_no_rank():
    # By hand: 1 is ignored, so 3 (wrong) has rank 1 and 7 (right) rank 2.
    values = metrics.retrieval_metrics(
        [[0.0]], [5], [1, 2], LINE[1:], [5, 6, 5], [0], [0, 0, 1]
    )
    assert values["recall_at_1"] == 0.0
    assert values["recall_at_2"] == 1.0
    assert values["mean_average_precision"] == 0.5


def test_of_equal_distances_the_lower_index_is_the_nearer():
    gallery = [[1.0], [-1.0], [1.0]]
    for labels, expected in (([0, 1, 1], 0.0), ([1, 0, 0], 1.0)):
        values = metrics.retrieval_metrics([[0.0]], [1], [1], gallery, labels)
        assert values["recall_at_1"] == expected


def test_equal_distances_are_counted_lower_index_first():
    rows = exact_points(40)[np.random.default_rng(1).permutation(120) % 40]
    labels = np.random.default_rng(2).integers(60, size=120)
    ks = [1, 2, 34, 35, 36, 60]
    expected = plain_metrics(plain_order(rows, rows, True), labels, labels, ks)
    values = metrics.retrieval_metrics(rows, labels, ks)
    for k in ks:
        name = f"recall_at_{k}"
        assert values[name] == pytest.approx(expected[name], abs=1e-6)
