"""Counts of pairs by distance, against plain loops and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.points import points
from sklearn.metrics import precision_recall_curve
from sklearn.metrics import roc_curve

from dnc_keras import metrics


def _plain_pairs(rows, labels):
    pairs = [(a, b) for a in range(len(rows)) for b in range(a)]
    rows = np.asarray(rows, np.float64)
    distances = np.array([np.linalg.norm(rows[a] - rows[b]) for a, b in pairs])
    return distances, np.array([labels[a] == labels[b] for a, b in pairs])


def _plain_counts(distances, thresholds):
    """How many are at most the threshold, and above the one before."""
    below = [np.sum(distances <= t + 1e-7) for t in thresholds]
    return np.diff(below, prepend=0)


@pytest.mark.parametrize("tile", [1, 7, 512])
def test_pairs_are_counted_as_by_a_plain_loop(tile, monkeypatch):
    monkeypatch.setattr("dnc_keras.metrics.pair_counts._TILE", tile)
    rows, labels = points(40), np.arange(40) % 5
    found = metrics.pair_distances(rows, labels)
    distances, same = _plain_pairs(rows, labels)
    expected = _plain_counts(distances[same], found.thresholds)
    np.testing.assert_array_equal(found.matching, expected)
    expected = _plain_counts(distances[~same], found.thresholds)
    np.testing.assert_array_equal(found.others, expected)
    assert found.num_matching + found.num_others == 40 * 39 / 2


def test_queries_are_compared_with_the_gallery_alone():
    found = metrics.pair_distances(
        *([[0.0], [5.0]], ["a", "b"]),
        gallery_embeddings=[[1.0], [3.0], [5.0]],
        gallery_labels=["a", "b", "c"],
    )
    # 0 to 1, 3 and 5; 5 to 1, 3 and 5.
    assert dict(zip(found.thresholds, found.matching))[1.0] == 1
    assert dict(zip(found.thresholds, found.matching))[2.0] == 1
    others = dict(zip(found.thresholds, found.others))
    assert [others[d] for d in (0.0, 3.0, 4.0, 5.0)] == [1, 1, 1, 1]
    assert (found.num_matching, found.num_others) == (2, 4)


def test_matches_of_one_camera_are_left_out_and_others_stay():
    found = metrics.pair_distances(
        *([[0.0]], [7]),
        gallery_embeddings=[[1.0], [2.0], [3.0]],
        gallery_labels=[7, 7, 8],
        query_cameras=[0],
        gallery_cameras=[0, 1, 0],
    )
    assert np.flatnonzero(found.matching).tolist() == [20000]
    assert np.flatnonzero(found.others).tolist() == [30000]


def test_curves_are_those_of_scikit_learn():
    # Distances of whole numbers: no rounding.
    rows = np.random.default_rng(0).integers(0, 12, [30, 1]).astype(float)
    labels = np.arange(30) % 3
    curves = metrics.pair_distances(rows, labels).curves()
    distances, same = _plain_pairs(rows, labels)
    precision, recall, scores = precision_recall_curve(same, -distances)
    places = np.round(-scores * 1e4).astype(int)
    np.testing.assert_allclose(curves["precision"][places], precision[:-1])
    np.testing.assert_allclose(curves["recall"][places], recall[:-1])
    false, true, scores = roc_curve(same, -distances, drop_intermediate=False)
    places = np.round(-scores[1:] * 1e4).astype(int)
    np.testing.assert_allclose(curves["false_match_rate"][places], false[1:])
    np.testing.assert_allclose(
        curves["false_non_match_rate"][places], 1.0 - true[1:], atol=1e-12
    )


def test_the_threshold_is_the_largest_that_the_rate_allows():
    # Of one class 0.2 and 0.8 apart, 0.6 the third; others 1.0 and more.
    rows, labels = [[0.0], [0.2], [0.8], [1.8], [9.0]], [1, 1, 1, 2, 3]
    found = metrics.pair_distances(rows, labels).at_false_match_rate(0.2)
    # Others: 1.8, 1.6, 1.0, 9, 8.8, 8.2, 7.2; one of seven may match.
    assert found.threshold == 1.5999
    assert found.false_match_rate == 1 / 7
    assert found.false_non_match_rate == 0.0
    assert found.recall == 1.0
    assert found.precision == 3 / 4


def test_the_smallest_rate_is_that_of_one_pair():
    found = metrics.pair_distances([[0.0], [1.0], [3.0]], [1, 1, 2])
    assert found.smallest_false_match_rate == 1 / 2
    with pytest.raises(ValueError, match="Received: 2. Use 0.5 or more"):
        found.at_false_match_rate(0.4)


def test_copies_have_distance_zero():
    rows = np.repeat(points(4), 2, axis=0)
    found = metrics.pair_distances(rows, [0, 0, 1, 1, 2, 2, 3, 3])
    assert found.matching.tolist()[0] == found.num_matching == 4


def test_histogram_has_each_pair_once():
    rows, labels = points(30), np.arange(30) % 4
    found = metrics.pair_distances(rows, labels)
    edges, matching, others = found.histogram(7)
    distances, same = _plain_pairs(rows, labels)
    assert len(edges) == len(matching) + 1 == len(others) + 1 <= 8
    for counts, chosen in ((matching, same), (others, ~same)):
        expected = [
            np.sum((distances[chosen] > low) & (distances[chosen] <= high))
            for low, high in zip(edges, edges[1:])
        ]
        np.testing.assert_array_equal(counts, expected)


def test_histogram_of_copies_alone_has_a_bin():
    edges, matching, _ = metrics.pair_distances(
        [[1.0], [1.0]], [0, 0]
    ).histogram()
    assert edges.tolist() == [0.0, 0.0001]
    assert matching.tolist() == [1]


def test_distances_that_are_too_large_are_refused_with_advice():
    with pytest.raises(ValueError, match="Divide all embeddings"):
        metrics.pair_distances([[0.0], [1e4]], [0, 1])


def test_broken_embeddings_are_refused():
    with pytest.raises(ValueError, match="float32"):
        metrics.pair_distances([[0.0], [np.nan]], [0, 1])
