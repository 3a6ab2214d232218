"""How far a division leaves classes together."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from dnc_keras import clustering

# Class 7 in clusters 0, 0, 1; class 8 in 1, 1; class 9 left out, and in 0.
LABELS = [7, 7, 7, 8, 8, 9, 9]
ASSIGNMENT = [0, 0, 1, 1, 1, -1, 0]


def test_inverse_purity_is_the_share_in_the_largest_part_of_each_class():
    assert clustering.inverse_purity(ASSIGNMENT, LABELS) == (2 + 2 + 1) / 7


def test_pairs_are_cut_between_clusters_and_where_an_image_is_left_out():
    # Of 3 + 1 + 1 pairs, 7 keeps one and 8 its only one.
    assert clustering.cut_pairs(ASSIGNMENT, LABELS) == pytest.approx(3 / 5)


def test_both_are_what_loops_find_for_any_labels():
    random = np.random.default_rng(0)
    ids = random.integers(0, 9, 60)
    assignment = random.integers(-1, 4, 60)
    pairs = [
        (i, j)
        for i, j in itertools.combinations(range(60), 2)
        if ids[i] == ids[j]
    ]
    together = [
        assignment[i] == assignment[j] and assignment[i] >= 0 for i, j in pairs
    ]
    largest = [
        max(np.sum((ids == c) & (assignment == k)) for k in range(4))
        for c in range(9)
    ]
    for labels in (ids, np.array(list("abcdefghi"))[ids], ids + 2**40):
        found = clustering.cut_pairs(assignment, labels)
        assert found == pytest.approx(1 - np.mean(together))
        found = clustering.inverse_purity(assignment, labels)
        assert found == pytest.approx(sum(largest) / 60)


def test_a_single_image_of_each_class_has_no_pairs_to_cut():
    assert clustering.cut_pairs([0, 1, -1], [1, 2, 3]) == 0.0
    assert clustering.inverse_purity([0, 1, -1], [1, 2, 3]) == 2 / 3


@pytest.mark.parametrize("measure", ["inverse_purity", "cut_pairs"])
def test_arrays_of_other_rows_are_refused(measure):
    with pytest.raises(ValueError, match="one entry for each row"):
        getattr(clustering, measure)([0, 1], [1, 2, 3])
