"""Re-identification with one gallery image of each class."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from helpers.plain_neighbors import plain_order
from helpers.plain_rankings import LINE
from helpers.plain_rankings import plain_metrics
from helpers.rounding import exact_points

from dnc_keras import metrics


def plain_one_gallery(rows, labels, ks):
    """Every gallery there is, one at a time: the metrics of each."""
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    draws = []
    for gallery in map(list, itertools.product(*members)):
        query = [row for row in range(len(rows)) if row not in gallery]
        order = plain_order(rows[query], rows[gallery])
        draws.append(plain_metrics(order, labels[query], labels[gallery], ks))
    return draws


def test_drawn_galleries_average_to_the_mean_of_all_there_are():
    rows, labels = exact_points(7, dim=2), np.array([0, 0, 0, 1, 1, 2, 2])
    draws = plain_one_gallery(rows, labels, [1, 2])
    assert len(draws) == 3 * 2 * 2
    values = metrics.one_gallery_metrics(rows, labels, [1, 2], num_draws=400)
    names = ["recall_at_1", "recall_at_2", "mean_average_precision"]
    assert list(values) == names + [f"{name}_std" for name in names]
    for name in names:
        each = [draw[name] for draw in draws]
        # Four times the standard error of 400 draws, at most.
        assert values[name] == pytest.approx(np.mean(each), abs=4 * 0.25 / 20)
        assert values[f"{name}_std"] == pytest.approx(np.std(each), abs=0.03)


def test_one_draw_is_one_of_the_galleries_there_are():
    rows, labels = exact_points(7, dim=2), np.array([2, 0, 1, 0, 1, 2, 0])
    possible = plain_one_gallery(rows, labels, [1])
    drawn = set()
    for seed in range(100):
        values = metrics.one_gallery_metrics(rows, labels, [1], 1, seed)
        assert values["recall_at_1_std"] == 0.0
        same = [
            n
            for n, draw in enumerate(possible)
            if all(
                values[name] == pytest.approx(draw[name], abs=1e-6)
                for name in ("recall_at_1", "mean_average_precision")
            )
        ]
        assert same
        drawn.add(same[0])
    assert len(drawn) > 1


def test_class_of_one_image_only_distracts_the_draws():
    # 1 is nearer to 0 than 3 is, and in every gallery.
    values = metrics.one_gallery_metrics(LINE[:3], ["a", "b", "a"], [1, 2])
    assert values["recall_at_1"] == 0.0
    assert values["recall_at_2"] == 1.0
    assert values["mean_average_precision"] == 0.5


def test_draws_repeat_themselves_and_differ_by_seed():
    rows, labels = exact_points(40), np.arange(40) % 8
    first = metrics.one_gallery_metrics(rows, labels, num_draws=2, seed=3)
    assert (
        metrics.one_gallery_metrics(rows, labels, num_draws=2, seed=3) == first
    )
    assert (
        metrics.one_gallery_metrics(rows, labels, num_draws=2, seed=4) != first
    )


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"labels": [0, 1, 2, 3]}, "4 classes of one image each. Add images"),
        ({"labels": [0, 1]}, "labels must have one entry"),
        ({"num_draws": 0}, "num_draws must be an integer above 0. Received: 0"),
        ({"embeddings": LINE[:0], "labels": []}, "at least one"),
    ],
)
def test_impossible_draws_are_an_error_with_advice(arguments, words):
    arguments = {"embeddings": LINE, "labels": [0, 0, 1, 1], **arguments}
    with pytest.raises(ValueError, match=words):
        metrics.one_gallery_metrics(**arguments)
