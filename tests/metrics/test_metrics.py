"""Retrieval against plain loops, clusters by scikit-learn."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest
import tensorflow as tf
from helpers import rounding
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.metrics import mutual_info_score
from sklearn.metrics import normalized_mutual_info_score

from dnc_keras import clustering
from dnc_keras import metrics
from dnc_keras.metrics import confidence
from dnc_keras.metrics import full_ranking
from dnc_keras.metrics import information
from dnc_keras.neighbors import nearest as neighbors

LINE = np.array([[0.0], [1.0], [3.0], [7.0]])


# Ranks follow from distances as float32 rounds them.
points = rounding.exact_points


def plain_order(queries, gallery, exclude_self=False):
    """Indices of the gallery by distance, then by index, in float64."""
    orders = []
    for row, query in enumerate(np.asarray(queries, np.float64)):
        distances = ((query - gallery) ** 2).sum(axis=1)
        order = np.argsort(distances, kind="stable")
        orders.append(order[order != row] if exclude_self else order)
    return np.array(orders)


def plain_metrics(order, labels, gallery_labels, ks, ignored=None):
    """The definitions, one query and one rank at a time."""
    values = {f"recall_at_{k}": [] for k in ks}
    names = ["r_precision", "map_at_r", "marp_dnc", "mean_average_precision"]
    values.update({name: [] for name in names})
    for query, row in enumerate(order):
        row = [i for i in row if ignored is None or not ignored[query, i]]
        hits = [gallery_labels[i] == labels[query] for i in row]
        num_relevant = sum(hits)
        if ignored is None or num_relevant:
            for k in ks:
                values[f"recall_at_{k}"].append(any(hits[:k]))
        if not num_relevant:
            continue
        precisions = [
            (rank, sum(hits[:rank]) / rank)
            for rank in range(1, len(hits) + 1)
            if hits[rank - 1]
        ]
        first = [p for rank, p in precisions if rank <= num_relevant]
        values["r_precision"].append(len(first) / num_relevant)
        values["map_at_r"].append(sum(first) / num_relevant)
        values["marp_dnc"].append(sum(first) / max(len(first), 1))
        values["mean_average_precision"].append(
            sum(p for _, p in precisions) / num_relevant
        )
    return {name: np.mean(value) for name, value in values.items()}


@pytest.fixture
def small_blocks(monkeypatch):
    """Three queries and eleven gallery rows make a block."""
    monkeypatch.setattr(neighbors, "MAX_QUERIES", 3)
    monkeypatch.setattr("dnc_keras.neighbors.points.BLOCK_POINTS", 11)
    monkeypatch.setattr(full_ranking, "SCORE_BYTES", 4 * 60 * 3)
    monkeypatch.setattr(full_ranking, "GALLERY_BYTES", 4 * 4 * 11)


def test_one_hit_of_four_at_rank_one_by_hand():
    # The query at 0 has R = 4 and finds one at rank 1, three at the end.
    gallery = np.array([[1], [2], [3], [4], [5], [6], [7]], np.float32)
    gallery_labels = [1, 0, 0, 0, 1, 1, 1]
    values = metrics.retrieval_metrics(
        [[0.0]], [1], (1, 2), gallery, gallery_labels
    )
    assert values == {
        "recall_at_1": 1.0,
        "recall_at_2": 1.0,
        "r_precision": 0.25,
        "map_at_r": 0.25,
        "marp_dnc": 1.0,
        "mean_average_precision": pytest.approx(
            (1 / 1 + 2 / 5 + 3 / 6 + 4 / 7) / 4
        ),
    }


# With many classes a class is small, and far ks are counted, not sorted.
@pytest.mark.parametrize(
    "num_classes, ks",
    [(3, [1, 2, 4]), (100, [1, 2, 4]), (100, [1, 40, 90, 500])],
)
def test_each_against_all_others_is_as_the_plain_loop(num_classes, ks):
    rows = points(300)
    labels = np.random.default_rng(1).integers(num_classes, size=300)
    ks = np.array(ks)
    expected = plain_metrics(plain_order(rows, rows, True), labels, labels, ks)
    del expected["mean_average_precision"]
    values = metrics.retrieval_metrics(rows, labels, ks)
    assert values == pytest.approx(expected, abs=1e-6)
    assert all(type(value) is float for value in values.values())


def test_blocks_do_not_change_the_metrics(small_blocks):
    rows = points(50)
    labels = np.arange(50) % 25
    order = plain_order(rows, rows, exclude_self=True)
    expected = plain_metrics(order, labels, labels, [1, 3, 40])
    del expected["mean_average_precision"]
    values = metrics.retrieval_metrics(rows, labels, [1, 3, 40])
    assert values == pytest.approx(expected, abs=1e-6)


def test_gallery_is_ranked_as_in_the_plain_loop(small_blocks):
    rows, gallery = points(20), points(60, seed=1)
    labels, gallery_labels = np.arange(20) % 6, np.arange(60) % 5
    order = plain_order(rows, gallery)
    expected = plain_metrics(order, labels, gallery_labels, [1, 10])
    values = metrics.retrieval_metrics(
        rows, labels, [1, 10], gallery, gallery_labels
    )
    assert values == pytest.approx(expected, abs=1e-6)


def test_images_of_the_same_class_and_camera_are_ignored():
    rng = np.random.default_rng(0)
    rows, gallery = points(20), points(60, seed=1)
    labels, gallery_labels = np.arange(20) % 4, np.arange(60) % 4
    cameras, gallery_cameras = rng.integers(3, size=20), np.arange(60) % 3
    ignored = (labels[:, None] == gallery_labels) & (
        cameras[:, None] == gallery_cameras
    )
    expected = plain_metrics(
        plain_order(rows, gallery), labels, gallery_labels, [1, 5], ignored
    )
    values = metrics.retrieval_metrics(
        rows,
        labels,
        [1, 5],
        gallery,
        gallery_labels,
        cameras,
        gallery_cameras,
    )
    assert values == pytest.approx(expected, abs=1e-6)


def test_class_of_one_image_is_a_miss_for_recall_only():
    # Classes a a b: both a find each other, b has nothing to find.
    values = metrics.retrieval_metrics(LINE[:3], ["a", "a", "b"], ks=[1])
    assert values == {
        "recall_at_1": pytest.approx(2 / 3),
        "r_precision": 1.0,
        "map_at_r": 1.0,
        "marp_dnc": 1.0,
    }


def test_nothing_to_find_at_all_is_zero():
    values = metrics.retrieval_metrics(LINE, [0, 1, 2, 3], ks=[1])
    assert set(values.values()) == {0.0}


def test_hits_beyond_the_first_r_count_nothing():
    # The nearest of each is of the other class.
    values = metrics.retrieval_metrics(
        [[0.0], [1.0], [10.0], [11.0]], [0, 1, 0, 1], ks=[1, 3]
    )
    assert values["recall_at_1"] == values["marp_dnc"] == 0.0
    assert values["recall_at_3"] == 1.0


def test_k_beyond_the_gallery_means_the_whole_gallery():
    values = metrics.retrieval_metrics(LINE, [0, 1, 1, 0], ks=[3, 1000])
    assert values["recall_at_1000"] == values["recall_at_3"] == 1.0


def test_query_without_a_match_is_left_out_where_there_are_cameras():
    # Query 0 finds its class with its own camera only; query 7 finds its own.
    arguments = {
        "embeddings": [[0.0], [7.0]],
        "labels": ["a", "b"],
        "ks": [1],
        "gallery_embeddings": LINE,
        "gallery_labels": ["a", "c", "c", "b"],
    }
    cameras = {"query_cameras": [0, 0], "gallery_cameras": [0, 1, 1, 1]}
    values = metrics.retrieval_values(**arguments, **cameras)
    assert all(np.isnan(each[0]) for each in values.values())
    assert set(metrics.retrieval_metrics(**arguments, **cameras).values()) == {
        1.0
    }
    missed = {**arguments, "labels": ["z", "b"]}
    assert metrics.retrieval_metrics(**missed)["recall_at_1"] == 0.5
    assert metrics.retrieval_metrics(**missed)["map_at_r"] == 1.0


@pytest.mark.parametrize("max_counted", [0, 200])
def test_ranks_are_those_of_a_sort_lower_index_first(monkeypatch, max_counted):
    monkeypatch.setattr(full_ranking, "MAX_COUNTED", max_counted)
    scores = np.array([0.5, 2.0, 0.5, 3.0, 2.0, 0.5], np.float32)
    ranks = full_ranking.ranks_of(scores, np.array([2, 4, 3, 1]))
    np.testing.assert_array_equal(ranks, [5, 3, 1, 2])


def test_full_ranking_is_never_held_for_all_queries(monkeypatch):
    monkeypatch.setattr(full_ranking, "SCORE_BYTES", 2**17)
    rows, labels = points(1000).astype(np.float32), np.arange(1000) // 4
    search = (rows, labels, [1], rows, labels)
    metrics.retrieval_metrics(*search)
    tracemalloc.start()
    metrics.retrieval_metrics(*search)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20  # All at once would be 4 * 2**20 bytes.


def test_ignored_images_take_no_rank():
    # By hand: 1 is ignored, so 3 (wrong) has rank 1 and 7 (right) rank 2.
    values = metrics.retrieval_metrics(
        [[0.0]], [5], [1, 2], LINE[1:], [5, 6, 5], [0], [0, 0, 1]
    )
    assert values["recall_at_1"] == 0.0
    assert values["recall_at_2"] == 1.0
    assert values["mean_average_precision"] == 0.5


def test_of_equal_distances_the_lower_index_is_the_nearer():
    gallery = [[1.0], [-1.0], [1.0]]
    for labels, expected in (([0, 1, 1], 0.0), ([1, 0, 0], 1.0)):
        values = metrics.retrieval_metrics([[0.0]], [1], [1], gallery, labels)
        assert values["recall_at_1"] == expected


def test_equal_distances_are_counted_lower_index_first():
    rows = points(40)[np.random.default_rng(1).permutation(120) % 40]
    labels = np.random.default_rng(2).integers(60, size=120)
    ks = [1, 2, 34, 35, 36, 60]
    expected = plain_metrics(plain_order(rows, rows, True), labels, labels, ks)
    values = metrics.retrieval_metrics(rows, labels, ks)
    for k in ks:
        name = f"recall_at_{k}"
        assert values[name] == pytest.approx(expected[name], abs=1e-6)


def test_duplicates_are_found_like_any_image():
    # Row 0 and its copy find each other, but not themselves.
    values = metrics.retrieval_values([[5.0], [5.0], [9.0]], [1, 2, 1], ks=[1])
    np.testing.assert_array_equal(values["recall_at_1"], [0, 0, 1])


def test_rows_of_any_length_and_type_are_searched():
    labels = np.arange(60) % 5
    rows = points(60).astype(np.float16)
    order = plain_order(rows, rows, exclude_self=True)
    expected = plain_metrics(order, labels, labels, [1, 4])
    del expected["mean_average_precision"]
    for same in (rows, tf.constant(rows), rows.astype(np.float64)):
        values = metrics.retrieval_metrics(same, labels, [1, 4])
        assert values == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        np.ndarray.tolist,
        lambda labels: labels.astype(str),
        lambda labels: labels.astype(object),
        lambda labels: labels.astype(np.float32) / 2,
        lambda labels: labels.astype(np.uint8),
        tf.constant,
    ],
)
def test_labels_may_be_of_any_type(make):
    labels = np.arange(30) % 4 + 100
    for measure in (
        metrics.retrieval_metrics,
        metrics.one_gallery_metrics,
        lambda rows, labels: metrics.clustering_metrics(rows, labels, 1),
    ):
        assert measure(points(30), make(labels)) == measure(points(30), labels)


def test_values_are_those_of_each_query():
    values = metrics.retrieval_values(LINE, ["a", "b", "a", "a"], ks=[1, 2])
    # By distance: 0 finds b a a, 1 (b) finds nothing, 3 finds b a a (1, 0, 7),
    # 7 finds a b a.
    half = (1 / 2) / 2
    expected = {
        "recall_at_1": [0, 0, 0, 1],
        "recall_at_2": [1, 0, 1, 1],
        "r_precision": [1 / 2, np.nan, 1 / 2, 1 / 2],
        "map_at_r": [half, np.nan, half, 1 / 2],
        "marp_dnc": [1 / 2, np.nan, 1 / 2, 1],
    }
    assert values.keys() == expected.keys()
    for name, each in expected.items():
        np.testing.assert_allclose(values[name], each, err_msg=name)
    means = metrics.retrieval_metrics(LINE, ["a", "b", "a", "a"], ks=[1, 2])
    assert metrics.mean_values(values) == means


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
    rows, labels = points(7, dim=2), np.array([0, 0, 0, 1, 1, 2, 2])
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
    rows, labels = points(7, dim=2), np.array([2, 0, 1, 0, 1, 2, 0])
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
    rows, labels = points(40), np.arange(40) % 8
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
        ({"num_draws": 0}, "num_draws must be at least 1. Received: 0"),
        ({"embeddings": LINE[:0], "labels": []}, "at least one"),
    ],
)
def test_impossible_draws_are_an_error_with_advice(arguments, words):
    arguments = {"embeddings": LINE, "labels": [0, 0, 1, 1], **arguments}
    with pytest.raises(ValueError, match=words):
        metrics.one_gallery_metrics(**arguments)


def plain_intervals(each, groups, confidence, num_resamples):
    """Percentiles of the means of groups drawn one after the other."""
    rng = np.random.default_rng(7)
    names = np.unique(groups)
    means = []
    for _ in range(num_resamples):
        drawn = [each[groups == g] for g in rng.choice(names, len(names))]
        means.append(np.nanmean(np.concatenate(drawn)))
    outside = 50 * (1 - confidence)
    return np.percentile(means, [outside, 100 - outside])


@pytest.mark.parametrize("by_class", [True, False])
def test_intervals_are_those_of_a_plain_bootstrap(by_class):
    rng = np.random.default_rng(0)
    classes = rng.integers(30, size=300)
    each = np.clip(rng.normal(classes / 30, 0.2), 0, 1)
    each[:20] = np.nan
    low, high = metrics.confidence_intervals(
        {"a": each, "b": 1 - each},
        classes if by_class else None,
        confidence=0.9,
        num_resamples=4000,
    )
    groups = classes if by_class else np.arange(300)
    expected = plain_intervals(each, groups, 0.9, 4000)
    # The width is some 0.17 over classes and 0.06 over queries.
    np.testing.assert_allclose([low["a"], high["a"]], expected, atol=0.007)
    np.testing.assert_allclose([high["b"], low["b"]], 1 - expected, atol=0.007)


def test_intervals_of_two_classes_by_hand():
    # Drawn are both the first, one of each, or both the second: 1/4, 1/2, 1/4.
    values = {"a": np.array([1.0, 1.0, 0.0, 0.0])}
    labels = ["x", "x", "y", "y"]
    inner = metrics.confidence_intervals(values, labels, confidence=0.4)
    assert inner == ({"a": 0.5}, {"a": 0.5})
    outer = metrics.confidence_intervals(values, labels, confidence=0.6)
    assert outer == ({"a": 0.0}, {"a": 1.0})


def test_intervals_are_the_same_in_blocks_and_by_seed(monkeypatch):
    values, labels = {"a": points(50)[:, 0]}, np.arange(50) % 12
    whole = metrics.confidence_intervals(values, labels, seed=1)
    assert metrics.confidence_intervals(values, labels, seed=1) == whole
    assert metrics.confidence_intervals(values, labels, seed=2) != whole
    monkeypatch.setattr(confidence, "DRAW_BYTES", 8 * 12 * 7)
    assert metrics.confidence_intervals(values, labels, seed=1) == whole


def test_interval_of_a_metric_without_queries_is_zero():
    values = {"a": np.full(4, np.nan), "b": np.ones(4)}
    low, high = metrics.confidence_intervals(values, [0, 0, 1, 1])
    assert low == high == {"a": 0.0, "b": 1.0}


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"confidence": 95}, "below 1. Received: 95. Use confidence=0.95"),
        ({"confidence": 0.0}, "confidence must be above 0"),
        ({"num_resamples": 0}, "num_resamples must be at least 1"),
        ({"labels": [0, 1]}, "labels must have one entry"),
        ({"labels": [1, 1, 1]}, "two classes .* Use labels=None"),
    ],
)
def test_impossible_interval_is_an_error_with_advice(arguments, words):
    arguments = {"values": {"a": np.ones(3)}, "labels": [0, 1, 1], **arguments}
    with pytest.raises(ValueError, match=words):
        metrics.confidence_intervals(**arguments)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"labels": [0, 1]}, r"labels must have .* Received: shape \[2\]"),
        ({"labels": [[0], [0], [1], [1]]}, r"Received: shape \[4, 1\]"),
        ({"labels": [0, 1, np.nan, np.nan]}, "2 that are, the first in row 2"),
        ({"embeddings": LINE * np.nan}, "features must be finite"),
        ({"embeddings": LINE + np.inf}, "features must be finite"),
        ({"ks": ()}, "ks must hold"),
        ({"ks": (0, 1)}, "ks must hold"),
        ({"ks": (1, 2.5)}, "ks must hold integers"),
        ({"ks": 4}, "Received: 4. Use ks="),
        ({"embeddings": LINE[:0], "labels": []}, "at least one"),
        ({"embeddings": [], "labels": []}, "Received: shape"),
        ({"embeddings": LINE[:1], "labels": [0]}, "larger gallery"),
        ({"gallery_embeddings": LINE}, "gallery_labels must have"),
        (
            {"gallery_embeddings": LINE[:0], "gallery_labels": []},
            "gallery_labels must have .* at least one",
        ),
        ({"query_cameras": [0] * 4}, "query_cameras needs"),
        ({"gallery_cameras": [0] * 4}, "gallery_cameras needs query_cameras"),
        (
            {
                "gallery_embeddings": LINE,
                "gallery_labels": [0] * 4,
                "query_cameras": [0] * 4,
            },
            "gallery_cameras must have",
        ),
        (
            {"gallery_embeddings": points(4), "gallery_labels": [0] * 4},
            "same number of columns",
        ),
    ],
)
def test_bad_evaluation_is_an_error_with_advice(arguments, words):
    arguments = {"embeddings": LINE, "labels": [0, 0, 1, 1], **arguments}
    with pytest.raises(ValueError, match=words):
        metrics.retrieval_metrics(**arguments)


def test_separated_classes_have_full_information():
    labels = np.repeat([0, 1], 30)
    rows = points(60) + 6400.0 * labels[:, None]
    values = metrics.clustering_metrics(rows, labels, num_runs=2)
    expected = {"nmi": 1.0, "nmi_std": 0.0, "ami": 1.0}
    assert values == pytest.approx(expected, abs=1e-6)


def test_information_is_the_mean_over_seeds():
    rows, labels = points(80), np.arange(80) % 6
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
    rows, labels = points(80), np.arange(80) % 6
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
        ({"num_runs": 0}, "num_runs must be at least 1. Received: 0"),
    ],
)
def test_impossible_clustering_is_an_error_with_advice(arguments, words):
    arguments = {"embeddings": LINE, "labels": [0, 0, 1, 1], **arguments}
    with pytest.raises(ValueError, match=words):
        metrics.clustering_metrics(**arguments)
