"""NMI and AMI against plain loops and scikit-learn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from helpers.plain_rankings import LINE
from helpers.rounding import exact_points
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.metrics import mutual_info_score
from sklearn.metrics import normalized_mutual_info_score

from dnc_keras import clustering
from dnc_keras import metrics
from dnc_keras.metrics import information


def test_separated_classes_have_full_information():
    labels = np.repeat([0, 1], 30)
    rows = exact_points(60) + 6400.0 * labels[:, None]
    values = metrics.clustering_metrics(rows, labels, num_runs=2)
    expected = {"nmi": 1.0, "nmi_std": 0.0, "ami": 1.0}
    assert values == pytest.approx(expected, abs=1e-6)


def test_information_is_the_mean_over_seeds():
    rows, labels = exact_points(80), np.arange(80) % 6
    runs = [
        clustering.kmeans(rows, 6, init="random", seed=seed).assignment
        for seed in (4, 5, 6)
    ]
    nmi = [normalized_mutual_info_score(labels, run) for run in runs]
    ami = [adjusted_mutual_info_score(labels, run) for run in runs]
    values = metrics.clustering_metrics(rows, labels, num_runs=3, seed=4)
    assert values == pytest.approx(
        {"nmi": np.mean(nmi), "nmi_std": np.std(nmi), "ami": np.mean(ami)}
    )


def plain_information(classes, clusters):
    """NMI by its definition, with counts and logarithms one at a time."""
    num = len(classes)

    def entropy(names):
        shares = [np.mean(names == name) for name in np.unique(names)]
        return -sum(share * np.log(share) for share in shares)

    information = 0.0
    for c, k in itertools.product(np.unique(classes), np.unique(clusters)):
        both = np.sum((classes == c) & (clusters == k)) / num
        if both:
            chance = np.mean(classes == c) * np.mean(clusters == k)
            information += both * np.log(both / chance)
    return information / ((entropy(classes) + entropy(clusters)) / 2)


def test_information_is_as_the_plain_loop():
    rows, labels = exact_points(80), np.arange(80) % 6
    run = clustering.kmeans(rows, 6, init="random", seed=0).assignment
    values = metrics.clustering_metrics(rows, labels, num_runs=1)
    expected = plain_information(labels, run)
    assert values["nmi"] == pytest.approx(expected, abs=1e-6)
    assert values["nmi_std"] == 0.0


def test_adjustment_is_for_the_mean_information_of_chance():
    # AMI from its definition: the mean over many shuffled labellings.
    rng = np.random.default_rng(0)
    classes, clusters = np.arange(24) % 3, np.repeat([0, 1, 2, 2], 6)
    clusters = np.where(rng.random(24) < 0.5, classes, clusters)
    mean_entropy = mutual_info_score(classes, classes) / 2
    mean_entropy += mutual_info_score(clusters, clusters) / 2
    chance = np.mean(
        [
            mutual_info_score(classes, rng.permutation(clusters))
            for _ in range(2000)
        ]
    )
    found = mutual_info_score(classes, clusters)
    assert information.adjusted_mutual_information(
        classes, clusters
    ) == pytest.approx((found - chance) / (mean_entropy - chance), abs=0.01)


@pytest.mark.parametrize("num_rows", [1, 2, 40, 500])
@pytest.mark.parametrize(
    "num_classes, num_clusters", [(1, 1), (2, 9), (40, 30)]
)
def test_adjusted_information_is_scikit_learn_s(
    num_rows, num_classes, num_clusters
):
    rng = np.random.default_rng(0)
    classes = rng.integers(num_classes, size=num_rows) ** 2 // num_classes
    clusters = rng.integers(num_clusters, size=num_rows)
    value = information.adjusted_mutual_information(classes, clusters)
    expected = adjusted_mutual_info_score(classes, clusters)
    assert value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("labels", [[0, 1, 2, 3], ["a"] * 4])
def test_classes_that_cannot_be_missed_are_found(labels):
    values = metrics.clustering_metrics(LINE, labels, num_runs=2)
    assert values == {"nmi": 1.0, "nmi_std": 0.0, "ami": 1.0}


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"labels": [0, 1]}, "labels must have one entry"),
        ({"embeddings": LINE[:0], "labels": []}, "at least one"),
        ({"embeddings": LINE * np.nan}, "features must be finite"),
        ({"num_runs": 0}, "num_runs must be an integer above 0. Received: 0"),
    ],
)
def test_impossible_clustering_is_an_error_with_advice(arguments, words):
    arguments = {"embeddings": LINE, "labels": [0, 0, 1, 1], **arguments}
    with pytest.raises(ValueError, match=words):
        metrics.clustering_metrics(**arguments)
