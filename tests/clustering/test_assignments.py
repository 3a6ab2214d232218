"""Clusters keep their names, are split, and lose single images."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers.square import SQUARE

from dnc_keras import clustering
from dnc_keras.clustering.assignments import count_kept


def test_three_cycle_of_names_is_undone():
    previous = [0, 0, 1, 1, 2, 2]
    current = [1, 1, 2, 2, 0, 0]
    matched = clustering.match_clusters(previous, current)
    np.testing.assert_array_equal(matched, previous)
    assert matched.dtype == np.int32


@pytest.mark.parametrize("num_clusters", [2, 4, 8, 32])
def test_any_renaming_is_undone(num_clusters):
    rng = np.random.default_rng(num_clusters)
    previous = rng.permutation(np.arange(200) % num_clusters)
    current = rng.permutation(num_clusters)[previous]
    matched = clustering.match_clusters(previous, current)
    np.testing.assert_array_equal(matched, previous)


def test_largest_total_overlap_wins_over_the_largest_pair():
    # Pairs (current, previous): (0, 0) 4 rows, (0, 1) 3 and (1, 0) 3, so
    # 0 -> 1 and 1 -> 0 keeps 6 rows, the greedy 0 -> 0 only 4.
    previous = [0] * 4 + [1] * 3 + [0] * 3
    current = [0] * 4 + [0] * 3 + [1] * 3
    matched = clustering.match_clusters(previous, current)
    np.testing.assert_array_equal(matched, [1] * 7 + [0] * 3)


def test_unused_rows_stay_unused():
    matched = clustering.match_clusters([0, 0, 1, 1], [1, -1, 0, -1])
    np.testing.assert_array_equal(matched, [0, -1, 1, -1])


def test_rows_unused_before_do_not_vote():
    previous = [0, 1, -1, -1, -1]
    current = [1, 0, 0, 0, 1]
    matched = clustering.match_clusters(previous, current)
    np.testing.assert_array_equal(matched, [0, 1, 1, 1, 0])


def test_clusters_beyond_the_previous_get_unused_ids():
    matched = clustering.match_clusters([0, 0, 1, 1], [2, 3, 0, 1])
    assert sorted(matched) == [0, 1, 2, 3]
    assert matched[0] == 0 or matched[1] == 0
    assert matched[2] == 1 or matched[3] == 1


def test_fewer_clusters_keep_the_names_of_those_they_come_from():
    matched = clustering.match_clusters([0, 1, 2, 2], [1, 1, 0, 0])
    assert matched[2] == matched[3] == 2
    assert matched[0] == matched[1] in (0, 1)


def test_without_votes_the_names_stay():
    current = [2, 0, 1, 2]
    matched = clustering.match_clusters([-1] * 4, current)
    np.testing.assert_array_equal(matched, current)


def test_no_rows_at_all_can_be_matched():
    np.testing.assert_array_equal(clustering.match_clusters([-1], [-1]), [-1])
    assert clustering.match_clusters([], []).shape == (0,)


def test_assignments_of_other_length_are_refused():
    with pytest.raises(ValueError, match="same images in the same order"):
        clustering.match_clusters([0, 1], [0, 1, 1])


def test_split_cuts_each_cluster_in_two():
    features = np.array([[0], [1], [20], [21], [100], [140]], np.float32)
    halves = clustering.split_clusters(features, [0, 0, 0, 0, 1, 1])
    assert halves.dtype == np.int32
    assert halves[0] == halves[1] != halves[2] == halves[3]
    assert set(halves[:4]) == {0, 1}
    assert set(halves[4:]) == {2, 3}


@pytest.mark.parametrize("make", [np.array, tf.constant])
def test_split_leaves_unused_rows_unused(make):
    features = make([[0.0], [5.0], [9.0], [2.0]])
    halves = clustering.split_clusters(features, [1, -1, 1, -1])
    np.testing.assert_array_equal(halves[[1, 3]], [-1, -1])
    assert sorted(halves[[0, 2]]) == [2, 3]


def test_split_of_a_single_row_takes_the_first_half():
    halves = clustering.split_clusters(SQUARE[:3], [0, 3, 0])
    assert halves[1] == 6


def test_split_is_the_same_for_the_same_seed(features):
    assignment = np.arange(300) % 3
    first = clustering.split_clusters(features, assignment, seed=5)
    second = clustering.split_clusters(features, assignment, seed=5)
    np.testing.assert_array_equal(first, second)


def test_split_refuses_features_of_other_images():
    with pytest.raises(ValueError, match="features and assignment"):
        clustering.split_clusters(SQUARE, [0, 1])


def test_image_alone_of_its_class_in_its_cluster_is_dropped():
    assignment = [0, 0, 0, 1, 1, 1, -1]
    labels = [7, 7, 8, 8, 9, 9, 8]
    dropped = clustering.drop_singletons(assignment, labels)
    np.testing.assert_array_equal(dropped, [0, 0, -1, -1, 1, 1, -1])
    assert dropped.dtype == np.int32


def test_several_unused_images_of_a_class_stay_unused():
    dropped = clustering.drop_singletons([-1, -1, 0, 0], [3, 3, 3, 3])
    np.testing.assert_array_equal(dropped, [-1, -1, 0, 0])


def test_labels_of_other_images_are_refused():
    with pytest.raises(ValueError, match="assignment and labels"):
        clustering.drop_singletons([0, 0, 1], [5, 5])


def test_kept_rows_are_counted_among_those_used_in_both():
    previous, current = [0, 0, 1, 1, -1, 0], [0, 1, 1, 1, 0, -1]
    assert count_kept(previous, current) == (3, 4)
    assert count_kept([0, -1], [-1, 0]) == (0, 0)


def test_both_halves_of_a_cluster_keep_its_learner():
    previous, current = [0, 0, 0, 1, 1], [0, 1, 2, 2, 3]
    assert count_kept(previous, current, has_doubled=True) == (4, 5)
    assert count_kept(previous, current) == (1, 5)


def test_rows_of_two_divisions_must_be_the_same():
    with pytest.raises(ValueError, match="previous and current must have one"):
        count_kept([0, 0], [0, 0, 1])
