"""The data doctor on planted errors, against plain loops."""

import numpy as np
import pytest

from dnc_keras import analysis
from dnc_keras.analysis import near_duplicates
from dnc_keras.analysis import outliers
from dnc_keras.analysis import wrong_labels

NUM_EACH = 12


def two_classes(seed=0):
    """Embeddings and labels: 12 images near each of two directions."""
    noise = np.random.default_rng(seed).normal(scale=0.05, size=[24, 3])
    return np.repeat(np.eye(3)[:2], NUM_EACH, axis=0) + noise, np.repeat(
        [4, 9], NUM_EACH
    )


def units(embeddings):
    return embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)


def of_kind(findings, kind):
    return [finding for finding in findings if finding.kind == kind]


def found(kind, *arguments, **keywords):
    return of_kind(analysis.examine(*arguments, **keywords), kind)


def test_clean_data_has_no_wrong_label():
    assert not found("probable_wrong_label", *two_classes())


def test_an_image_far_from_its_class_is_found():
    embeddings, labels = two_classes()
    embeddings[5] = [0.0, 0.0, 1.0]
    first = found("far_from_class", embeddings, labels)[0]
    assert (first.row, first.other, first.suggested_label) == (5, -1, -1)


def test_distances_are_those_to_the_mean_of_the_others():
    embeddings, labels = two_classes()
    embeddings, ids = units(embeddings), np.repeat([0, 1], NUM_EACH)
    expected = []
    for row, own in enumerate(embeddings):
        is_other = (ids == ids[row]) & (np.arange(len(ids)) != row)
        others = embeddings[is_other]
        mean = others.mean(axis=0)
        expected.append(1.0 - own @ mean / np.linalg.norm(mean))
    distances = outliers.distances_to_class(embeddings, ids)
    np.testing.assert_allclose(distances, expected, atol=1e-12)


def test_scores_are_modified_z_scores_with_the_larger_spread():
    values = np.array([1.0, 2.0, 3.0, 9.0, 5.0, 5.0, 5.0])
    groups = np.array([0, 0, 0, 0, 1, 1, 1])
    # Group 0: median 2.5, deviations 1.5, 0.5, 0.5, 6.5, MAD 1. Group 1: MAD 0,
    # so that the median of all deviations, 0.5, takes its place.
    expected = [0.6745 * (value - 2.5) for value in (1.0, 2.0, 3.0, 9.0)]
    scores = outliers.modified_z_scores(values, groups)
    np.testing.assert_allclose(scores, expected + [0.0, 0.0, 0.0])


def test_classes_of_two_images_have_no_far_image():
    embeddings = np.eye(4)[[0, 1, 2, 3]]
    assert not found("far_from_class", embeddings, [7, 7, 8, 8])


def test_equal_images_are_not_far_from_each_other():
    assert not found("far_from_class", np.ones([6, 2]), [7, 7, 7, 8, 8, 8])


def test_a_wrong_label_is_found_with_the_right_one():
    embeddings, labels = two_classes()
    labels[3] = 9
    (only,) = found("probable_wrong_label", embeddings, labels)
    assert (only.row, only.suggested_label) == (3, 4)
    distances = 1.0 - units(embeddings) @ units(embeddings)[3]
    distances[3] = 2.0
    assert only.other == distances.argmin()


def test_the_score_of_a_wrong_label_weighs_votes_by_similarity():
    # Three neighbours at angles whose cosines are 1, 0.8 and 0.6.
    embeddings = np.array([[1, 0], [1, 0], [0.8, 0.6], [0.6, 0.8]])
    (only,) = wrong_labels.probable_wrong_labels(
        embeddings, np.array([9, 4, 4, 4]), np.zeros(4, int), 3
    )
    assert (only.row, only.suggested_label) == (0, 4)
    assert only.score == pytest.approx((1 + 0.8 + 0.6) / 3)


def test_an_image_between_two_classes_has_no_wrong_label():
    embeddings, labels = two_classes()
    embeddings[3] = [1.0, 1.02, 0.0]
    labels[[12, 13]] = 4
    embeddings[[12, 13]] = embeddings[3]
    rows = [x.row for x in found("probable_wrong_label", embeddings, labels)]
    assert 3 not in rows


def test_the_strongest_other_label_has_the_most_votes_beside_the_own():
    voted = np.array([[1, 2, 1, 3], [1, 1, 1, 1], [3, 2, 3, 2]])
    places, shares = wrong_labels.strongest_other(voted, np.array([[1]] * 3))
    assert places.tolist() == [1, 0, 0]
    assert shares.tolist() == [0.25, 0.0, 0.5]


def test_images_of_other_parts_do_not_vote():
    embeddings, labels = two_classes()
    embeddings = np.concatenate([embeddings, np.tile(embeddings[3], [10, 1])])
    labels = np.append(labels, [9] * 10)
    parts = np.repeat([0, 1], [24, 10])
    (only,) = found("probable_wrong_label", embeddings, labels)
    assert (only.row, only.suggested_label) == (3, 9)
    assert not found("probable_wrong_label", embeddings, labels, parts)


def test_small_classes_are_judged_by_fewer_neighbors():
    # Four images a class: ten votes could never have six for one of them.
    embeddings = np.repeat(np.eye(6), 4, axis=0)
    labels = np.repeat(np.arange(6), 4)
    labels[0] = 5
    (only,) = found("probable_wrong_label", embeddings, labels)
    assert (only.row, only.suggested_label) == (0, 0)


def test_a_copy_with_another_label_is_found():
    embeddings, labels = two_classes()
    embeddings[20] = embeddings[2]
    pairs = found("near_duplicate", embeddings, labels)
    assert (pairs[0].row, pairs[0].other) == (2, 20)
    assert pairs[0].score == pytest.approx(1.0)


def test_a_copy_in_another_part_is_found_whatever_its_label():
    embeddings = np.eye(6)
    embeddings[4] = embeddings[1]
    parts = [0, 0, 0, 1, 1, 1]
    labels = [7] * 6
    assert not found("near_duplicate", embeddings, labels)
    (only,) = found("near_duplicate", embeddings, labels, parts)
    assert (only.row, only.other) == (1, 4)


def test_pictures_tell_which_near_images_are_copies():
    pictures = np.random.default_rng(0).uniform(size=[6, 8, 8])
    pictures[3] = 0.5 * pictures[0] + 0.1  # Darker, of less contrast.
    pictures[4] = pictures[1, :, ::-1]
    pairs = found(
        "near_duplicate",
        np.ones([6, 2]),
        [7, 7, 7, 8, 8, 8],
        pictures=lambda rows: pictures[rows],
    )
    assert {(x.row, x.other) for x in pairs} == {(0, 3), (1, 4)}
    assert [x.score for x in pairs] == pytest.approx([1.0, 1.0])


def test_pictures_of_one_colour_are_no_copies():
    assert not found(
        "near_duplicate",
        np.ones([2, 2]),
        [7, 8],
        pictures=lambda rows: np.full([len(rows), 4, 4], 0.3),
    )


def test_pictures_correlate_with_each_other_or_a_mirror_image():
    pictures = np.random.default_rng(0).uniform(size=[5, 4, 4])
    pairs = np.array([[0, 1], [0, 2], [3, 4], [1, 4], [2, 3]])
    expected = []
    for first, second in pairs:
        x, y = pictures[first].ravel(), pictures[second].ravel()
        mirrored = pictures[second][:, ::-1].ravel()
        both = np.corrcoef(x, y)[0, 1], np.corrcoef(x, mirrored)[0, 1]
        expected.append(max(both))
    correlations = near_duplicates.picture_correlations(
        pairs, lambda rows: pictures[rows]
    )
    np.testing.assert_allclose(correlations, expected)


def test_no_more_pairs_are_compared_than_the_closest():
    angles = np.array([0.0, 0.1, 0.4, 1.0])
    embeddings = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    pairs, similarities = near_duplicates.closest_pairs(
        embeddings, np.arange(4), np.zeros(4), max_pairs=2
    )
    np.testing.assert_array_equal(pairs, [[0, 1], [1, 2]])
    np.testing.assert_allclose(similarities, np.cos([0.1, 0.3]), atol=1e-6)


def test_images_that_no_clustering_used_are_told():
    used = [True, False, True, False]
    findings = found("never_used", np.eye(4), [7, 7, 8, 8], is_used=used)
    assert [(x.row, x.score) for x in findings] == [(1, 1.0), (3, 1.0)]


def test_kinds_come_in_order_with_the_most_suspicious_first():
    embeddings, labels = two_classes()
    embeddings[5] = [0.0, 0.0, 1.0]
    labels[[3, 14]] = labels[[14, 3]]
    findings = analysis.examine(embeddings, labels, is_used=labels == 4)
    kinds = list(dict.fromkeys(finding.kind for finding in findings))
    assert kinds == [
        "far_from_class",
        "probable_wrong_label",
        "near_duplicate",
        "never_used",
    ]
    assert [x for kind in kinds for x in of_kind(findings, kind)] == findings
    for kind in kinds:
        scores = [finding.score for finding in of_kind(findings, kind)]
        assert scores
        assert scores == sorted(scores, reverse=True)


def test_each_kind_has_no_more_findings_than_asked_for():
    used = np.zeros(5, bool)
    findings = analysis.examine(np.eye(5), [7] * 5, None, used, None, 2)
    assert [finding.row for finding in findings] == [0, 1]


def test_only_directions_of_embeddings_count():
    embeddings, labels = two_classes()
    labels[3] = 9
    expected = analysis.examine(embeddings, labels)
    scaled = analysis.examine(
        embeddings * 2.0 ** np.arange(24)[:, None], labels
    )
    assert scaled == expected


@pytest.mark.parametrize("num_images", [1, 2])
def test_a_few_images_are_no_error(num_images):
    assert not analysis.examine(np.eye(2)[:num_images], [7] * num_images)


def test_embeddings_of_zero_are_no_error():
    findings = analysis.examine(np.zeros([4, 2]), [7, 7, 7, 8])
    assert np.isfinite([finding.score for finding in findings]).all()


def test_embeddings_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="1 of them NaN or infinite"):
        analysis.examine([[1.0, np.inf]], [7])


def test_labels_of_other_images_are_refused():
    with pytest.raises(ValueError, match="labels must have one entry"):
        analysis.examine(np.eye(3), [7, 8])


@pytest.mark.parametrize("name", ["part_of", "is_used"])
def test_parts_and_use_of_other_images_are_refused(name):
    with pytest.raises(ValueError, match=f"labels and {name} must have one"):
        analysis.examine(np.eye(3), [7, 8, 9], **{name: [1, 1]})


@pytest.mark.parametrize("name", ["max_findings", "num_neighbors"])
def test_counts_below_one_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be an integer above 0"):
        analysis.examine(np.eye(3), [7, 8, 9], **{name: 0})
