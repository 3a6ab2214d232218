"""A division of features among learners, and how far it drifts."""

from __future__ import annotations

import numpy as np

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
