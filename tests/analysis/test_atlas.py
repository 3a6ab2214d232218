"""What is in the clusters, against counts by hand."""

import math

import numpy as np
import pytest

from dnc_keras import analysis

# Class 7 is whole in cluster 0; 8 is split in halves; 9 has one unused image.
LABELS = [7, 7, 7, 8, 8, 9, 9]
ASSIGNMENT = [0, 0, 0, 0, 1, 1, -1]


def test_a_cluster_counts_its_images_and_classes():
    first, second = analysis.describe_clusters(ASSIGNMENT, LABELS)
    assert (first.learner, first.num_images, first.num_classes) == (0, 4, 2)
    assert (second.learner, second.num_images, second.num_classes) == (1, 2, 2)
    assert (first.purity, second.purity) == (0.75, 0.5)


def test_the_largest_classes_come_first_and_equal_ones_by_label():
    first, second = analysis.describe_clusters(ASSIGNMENT, LABELS)
    assert first.largest_classes == [(7, 3), (8, 1)]
    assert second.largest_classes == [(8, 1), (9, 1)]


def test_no_more_classes_are_named_than_asked_for():
    first = analysis.describe_clusters(ASSIGNMENT, LABELS, num_classes=1)[0]
    assert first.largest_classes == [(7, 3)]


def test_a_class_is_whole_if_all_its_used_images_are_in_the_cluster():
    first, second = analysis.describe_clusters(ASSIGNMENT, LABELS)
    assert (first.whole_classes, second.whole_classes) == (1, 1)


def test_a_learner_without_images_has_an_empty_cluster():
    empty = analysis.describe_clusters([1, 1], [7, 8], np.eye(2))[0]
    assert (empty.learner, empty.num_images, empty.num_classes) == (0, 0, 0)
    assert (empty.purity, empty.largest_classes) == (0.0, [])
    assert len(empty.exemplars) == 0


def test_exemplars_are_the_images_nearest_to_the_mean():
    embeddings = np.array([[0.0], [4.0], [100.0], [5.0], [11.0]])
    first, second = analysis.describe_clusters(
        [0, 0, 1, 0, 0], [7] * 5, embeddings, num_exemplars=3
    )
    # The mean of 0, 4, 5 and 11 is 5.
    np.testing.assert_array_equal(first.exemplars, [3, 1, 0])
    np.testing.assert_array_equal(second.exemplars, [2])


def test_without_embeddings_there_are_no_exemplars():
    first = analysis.describe_clusters(ASSIGNMENT, LABELS)[0]
    assert first.exemplars.shape == (0,)


def test_the_most_evenly_split_class_comes_first():
    assignment = [0, 0, 0, 1, 0, 1, 1, -1]
    labels = [5, 5, 5, 5, 6, 6, 7, 7]
    first, second = analysis.split_classes(assignment, labels)
    assert (first.label, first.entropy) == (6, 1.0)
    assert second.label == 5
    np.testing.assert_array_equal(second.counts, [3, 1])
    by_hand = 0.75 * math.log2(4 / 3) + 0.25 * math.log2(4)
    assert second.entropy == pytest.approx(by_hand)


def test_purity_counts_the_largest_class_of_each_cluster():
    # 3 of 4 images and 1 of 2.
    purity = analysis.clustering_purity(ASSIGNMENT, LABELS)
    assert purity == pytest.approx(4 / 6)


def test_a_division_that_uses_no_image_is_described_as_empty():
    assert analysis.describe_clusters([-1, -1], [7, 8]) == []
    assert analysis.split_classes([-1, -1], [7, 8]) == []
    assert analysis.clustering_purity([-1, -1], [7, 8]) == 0.0


def test_moves_are_counted_with_unused_images_last():
    counts = analysis.moves([0, 0, 1, 1, -1, -1], [0, 2, 2, -1, 1, -1])
    np.testing.assert_array_equal(
        counts, [[1, 0, 1, 0], [0, 0, 1, 1], [0, 1, 0, 1]]
    )


def test_the_kept_share_is_that_of_images_used_in_both():
    share = analysis.kept_share([0, 0, 1, 1, -1, 0], [0, 1, 1, 1, 0, -1])
    assert share == 0.75


def test_both_halves_of_a_doubled_cluster_keep_an_image():
    # The third image left cluster 0 for a half of cluster 1.
    share = analysis.kept_share([0, 0, 0, 1, 1], [0, 1, 2, 2, 3])
    assert share == 0.8


def test_nothing_is_kept_where_no_image_is_used_in_both():
    assert analysis.kept_share([0, -1], [-1, 0]) == 0.0


@pytest.mark.parametrize(
    "function",
    [
        analysis.describe_clusters,
        analysis.split_classes,
        analysis.clustering_purity,
        analysis.moves,
        analysis.kept_share,
    ],
)
def test_arrays_of_other_images_are_refused(function):
    with pytest.raises(ValueError, match="same images in the same order"):
        function([0, 1], [7])


def test_embeddings_of_other_images_are_refused():
    with pytest.raises(ValueError, match=r"shape \[3, 2\] for 2 images"):
        analysis.describe_clusters([0, 0], [7, 7], np.ones([3, 2]))
