"""Metrics of given distances against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.plain_rankings import plain_metrics

from dnc_keras import metrics

KS = [1, 2, 30]
LABELS = np.random.default_rng(3).integers(8, size=40)


def distances(num_queries, num_gallery, seed=0):
    """Distances with many equal ones."""
    rng = np.random.default_rng(seed)
    return rng.integers(20, size=[num_queries, num_gallery]).astype(np.float32)


def in_blocks(rows, step=7):
    starts = range(0, len(rows), step)
    parts = [slice(start, min(start + step, len(rows))) for start in starts]
    return [(part, rows[part]) for part in parts]


def check(values, expected):
    means = metrics.mean_values(values)
    assert means == {name: pytest.approx(expected[name]) for name in means}


def test_rows_among_the_others_are_those_of_a_plain_loop():
    rows = distances(40, 40)
    np.fill_diagonal(rows, np.inf)
    order = np.argsort(rows, axis=1, kind="stable")[:, :-1]
    values = metrics.distance_values(in_blocks(rows), LABELS, KS)
    check(values, plain_metrics(order, LABELS, LABELS, KS))
    assert "mean_average_precision" not in values


def test_queries_to_a_gallery_are_those_of_a_plain_loop():
    rows, labels = distances(15, 40), LABELS[:15]
    order = np.argsort(rows, axis=1, kind="stable")
    values = metrics.distance_values(in_blocks(rows), labels, KS, LABELS)
    check(values, plain_metrics(order, labels, LABELS, KS))
    assert "mean_average_precision" in values


def test_images_of_the_own_camera_take_no_rank():
    rows, labels = distances(15, 40), LABELS[:15]
    cameras = np.random.default_rng(1).integers(2, size=55)
    ignored = (labels[:, None] == LABELS) & (cameras[:15, None] == cameras[15:])
    order = np.argsort(rows, axis=1, kind="stable")
    values = metrics.distance_values(
        in_blocks(rows), labels, KS, LABELS, cameras[:15], cameras[15:]
    )
    check(values, plain_metrics(order, labels, LABELS, KS, ignored))


def test_euclidean_distances_have_the_metrics_of_their_embeddings():
    rows = np.random.default_rng(2).normal(size=[40, 3]).astype(np.float32)
    squares = np.sum((rows[:, None] - rows) ** 2, axis=2)
    np.fill_diagonal(squares, np.inf)
    found = metrics.distance_values(in_blocks(squares), LABELS, KS)
    expected = metrics.retrieval_values(rows, LABELS, KS)
    for name, each in expected.items():
        np.testing.assert_allclose(found[name], each)


@pytest.mark.parametrize(
    "blocks, message",
    [
        ([(slice(0, 2), np.zeros([2, 3]))], "those of 2, and 3 labels"),
        ([(slice(1, 3), np.zeros([2, 3]))], "queries 1 to 3 after 0"),
        ([(slice(0, 3), np.zeros([3, 2]))], "3 labels of the gallery"),
        ([(slice(0, 3), np.full([3, 3], np.nan))], "NaN for queries 0 to 3"),
    ],
)
def test_distances_that_do_not_fit_are_refused(blocks, message):
    with pytest.raises(ValueError, match=message):
        metrics.distance_values(blocks, [5, 5, 6])
