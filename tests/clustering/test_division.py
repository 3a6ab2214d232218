"""A division of features among learners, and how far it drifts."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras import clustering


def test_a_division_keeps_the_names_of_the_one_before():
    features = np.repeat([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 4, axis=0)
    labels = np.repeat(np.arange(6), 2)
    previous = np.repeat([2, 0, 1], 4)
    for seed in range(5):
        current = clustering.divide(features, previous, labels, 3, seed)
        np.testing.assert_array_equal(current, previous)


def test_a_division_in_two_cuts_each_cluster_and_names_its_halves():
    # Two groups far apart, each of two groups near each other.
    corners = [[0.0, 0.0], [0.0, 1.0], [9.0, 0.0], [9.0, 1.0]]
    features = np.repeat(corners, 4, axis=0)
    labels = np.tile([0, 0, 1, 1], 4)
    previous = np.repeat([1, 0], 8)
    current = clustering.divide(features, previous, labels, 2, in_two=True)
    np.testing.assert_array_equal(current // 2, previous)
    groups = current.reshape(4, 4)
    assert (groups == groups[:, :1]).all()
    assert sorted(groups[:, 0]) == [0, 1, 2, 3]


def test_the_first_division_in_two_is_one_of_all_rows():
    features = np.repeat([[0.0], [9.0]], 4, axis=0)
    labels = np.tile([0, 0, 1, 1], 2)
    current = clustering.divide(features, np.zeros(8), labels, 1, in_two=True)
    assert sorted(current.reshape(2, 4).tolist()) == [[0] * 4, [1] * 4]


def test_a_division_leaves_out_rows_alone_of_their_class():
    features = np.array([[0.0], [0.0], [0.0], [9.0], [9.0], [9.0]])
    labels = [0, 0, 1, 1, 2, 2]
    current = clustering.divide(features, np.zeros(6), labels, 2)
    assert (current == -1).tolist() == [False] * 2 + [True] * 2 + [False] * 2


def test_drift_is_the_share_of_rows_nearer_to_another_mean():
    # Means 2 and 9: of the rows of cluster 0, 8 is nearer to 9.
    features = np.array([[0], [-2], [8], [9], [9], [100]], np.float32)
    assignment = [0, 0, 0, 1, 1, -1]
    assert clustering.drift(features, assignment) == 1 / 5


def test_without_drift_it_is_zero():
    features = np.array([[0], [1], [8], [9]], np.float32)
    assert clustering.drift(features, [0, 0, 1, 1]) == 0.0


# Six classes of four images; of each, one image is far off at another one's.
CLASSES = np.repeat([10, 20, 30, 40, 50, 60], 4)


def _features_of_classes():
    """Classes 10 to 30 near one corner, the others near another."""
    corners = np.repeat([[9.0, 0.0], [0.0, 9.0]], 12, axis=0)
    corners[3::4] = corners[3::4, ::-1]
    return corners.astype(np.float32)


def test_classes_stay_whole_where_images_do_not():
    features = _features_of_classes()
    arguments = features, np.zeros(24), CLASSES, 2
    images = clustering.divide(*arguments)
    assert (images == -1).sum() == 6
    classes = clustering.divide(*arguments, unit="classes")
    by_class = classes.reshape(6, 4)
    assert (by_class == by_class[:, :1]).all()
    first = by_class[0, 0]
    assert by_class[:, 0].tolist() == [first] * 3 + [1 - first] * 3


def test_classes_are_clustered_by_the_direction_of_their_means():
    # By length alone, 10 and 20 are near each other.
    means = [[1.0, 0.0], [0.0, 1.0], [100.0, 1.0], [1.0, 100.0]]
    features = np.repeat(np.array(means, np.float32), 2, axis=0)
    labels = np.repeat([10, 20, 30, 40], 2)
    found = clustering.divide(features, np.zeros(8), labels, 2, unit="classes")
    assert (found[:2] == found[4:6]).all() and (found[2:4] == found[6:]).all()
    assert found[0] != found[2]


def test_classes_keep_the_learner_that_had_most_of_their_images():
    previous = np.repeat([1, 0], 12)
    previous[[0, 4, 12]] = [0, -1, 1]
    for seed in range(4):
        found = clustering.divide(
            *(_features_of_classes(), previous, CLASSES, 2, seed),
            unit="classes",
        )
        np.testing.assert_array_equal(found, np.repeat([1, 0], 12))


def test_clusters_of_classes_are_cut_between_classes():
    previous = np.repeat([0, 1], 12)
    features = _features_of_classes()
    # Classes 30 and 60 go their own ways.
    features[8:12], features[20:24] = [9.0, -3.0], [-3.0, 9.0]
    for unit in ("classes", "random_classes"):
        found = clustering.divide(
            features, previous, CLASSES, 2, in_two=True, unit=unit
        ).reshape(6, 4)
        assert (found == found[:, :1]).all()
        assert (found[:, 0] // 2).tolist() == [0] * 3 + [1] * 3
        assert set(found[:, 0]) == {0, 1, 2, 3}, unit


def test_random_classes_are_dealt_out_evenly_and_by_the_seed_alone():
    labels = np.repeat(np.arange(10), 3)
    deals = [
        clustering.divide(
            *(None, previous, labels, 3, seed), unit="random_classes"
        )
        for seed, previous in (
            (0, np.zeros(30)),
            (0, labels % 3),
            (1, labels % 3),
        )
    ]
    for deal in deals:
        by_class = deal.reshape(10, 3)
        assert (by_class == by_class[:, :1]).all()
        assert sorted(np.bincount(by_class[:, 0])) == [3, 3, 4]
    np.testing.assert_array_equal(deals[0], deals[1])
    assert (deals[0] != deals[2]).any()


def test_whole_classes_leave_out_single_images_alone():
    labels = [0, 0, 1, 2, 2, 3, 3]
    for unit in ("classes", "random_classes"):
        found = clustering.divide(np.eye(7), np.zeros(7), labels, 2, unit=unit)
        assert np.flatnonzero(found < 0).tolist() == [2]


@pytest.mark.parametrize("unit", ["classes", "random_classes"])
def test_whole_classes_must_be_two_for_each_cluster(unit):
    with pytest.raises(ValueError) as raised:
        clustering.divide(
            np.eye(6), np.zeros(6), [0, 0, 1, 1, 2, 2], 2, unit=unit
        )
    assert str(raised.value) == (
        "Whole classes need two for each cluster at least, for pairs that are "
        "not alike. Received: 3 classes for 2 clusters. Use 1 or fewer "
        "learners (num_learners, num_clusters), or divide images."
    )
