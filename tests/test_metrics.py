"""Neighbours and retrieval against plain loops, clusters by scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.metrics import normalized_mutual_info_score

from dnc_keras import clustering
from dnc_keras import metrics
from dnc_keras.metrics import neighbors

LINE = np.array([[0.0], [1.0], [3.0], [7.0]])


def points(num_rows, dim=4, seed=0):
    return np.random.default_rng(seed).normal(size=[num_rows, dim])


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
        for k in ks:
            values[f"recall_at_{k}"].append(any(hits[:k]))
        num_relevant = sum(hits)
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
    """A few queries and eleven gallery rows make a block."""
    monkeypatch.setattr(neighbors, "GALLERY_BYTES", 4 * 4 * 11)
    monkeypatch.setattr(neighbors, "SCORE_BYTES", 4 * 4 * 11 * 3)
    monkeypatch.setattr(neighbors, "FOUND_BYTES", 4 * 50 * 5)


@pytest.mark.parametrize("k", [1, np.int64(5), 900])
def test_neighbors_are_those_of_a_plain_loop(k):
    queries, gallery = points(20), points(900, seed=1)
    distances, indices = metrics.nearest_neighbors(queries, gallery, k)
    expected = plain_order(queries, gallery)[:, :k]
    np.testing.assert_array_equal(indices, expected)
    exact = np.linalg.norm(queries[:, None] - gallery[expected], axis=2)
    np.testing.assert_allclose(distances, exact, rtol=1e-5)
    assert distances.dtype == np.float32
    assert indices.dtype == np.int32


@pytest.mark.parametrize("exclude_self", [False, True])
@pytest.mark.parametrize("k", [1, 20])
def test_blocks_do_not_change_the_neighbors(small_blocks, k, exclude_self):
    rows = points(50)
    indices = metrics.nearest_neighbors(rows, rows, k, exclude_self)[1]
    expected = plain_order(rows, rows, exclude_self)[:, :k]
    np.testing.assert_array_equal(indices, expected)


def test_row_is_left_out_by_index_and_not_by_distance():
    rows = np.array([[5.0], [5.0], [6.0]])
    distances, indices = metrics.nearest_neighbors(rows, rows, 1, True)
    np.testing.assert_array_equal(indices, [[1], [0], [0]])
    np.testing.assert_array_equal(distances, [[0], [0], [1]])


@pytest.mark.parametrize("k", [2, 300])
def test_lower_index_comes_first_among_equal_rows(k):
    gallery = np.tile(points(3), [400, 1])
    indices = metrics.nearest_neighbors(gallery[:3], gallery, k)[1]
    expected = np.arange(3)[:, None] + 3 * np.arange(k)
    np.testing.assert_array_equal(indices, expected)


def test_equal_row_is_at_distance_zero():
    rows = points(30, dim=64) + 100.0
    distances = metrics.nearest_neighbors(rows, rows, 1)[0]
    np.testing.assert_array_equal(distances, np.zeros([30, 1]))


def test_rows_far_from_the_origin_keep_their_neighbors():
    rows = points(40).astype(np.float32) + np.float32(100.0)
    indices = metrics.nearest_neighbors(rows, rows, 3)[1]
    np.testing.assert_array_equal(indices, plain_order(rows, rows)[:, :3])


@pytest.mark.parametrize("make", [np.float16, tf.constant, np.ndarray.tolist])
def test_any_array_is_measured_in_float32(make):
    distances, indices = metrics.nearest_neighbors(
        make(LINE), make(LINE), 2, exclude_self=True
    )
    np.testing.assert_array_equal(indices, [[1, 2], [0, 2], [1, 0], [2, 1]])
    np.testing.assert_array_equal(distances, [[1, 3], [1, 2], [2, 3], [4, 6]])


def test_no_queries_have_no_neighbors():
    distances, indices = metrics.nearest_neighbors(LINE[:0], LINE, 2)
    assert distances.shape == indices.shape == (0, 2)


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"k": 5}, "Received: k=5. Use a smaller k"),
        ({"k": 4, "exclude_self": True}, "rows to find, 3"),
        ({"k": 0}, "k must be between 1"),
        ({"gallery": LINE[:0]}, "larger gallery"),
        ({"gallery": points(4)}, "Compute both with the same model"),
        ({"queries": LINE[:2], "exclude_self": True}, "that are the gallery"),
        ({"queries": LINE * np.nan}, "features must be finite"),
    ],
)
def test_impossible_search_is_an_error_with_advice(arguments, words):
    arguments = {"queries": LINE, "gallery": LINE, "k": 1, **arguments}
    with pytest.raises(ValueError, match=words):
        metrics.nearest_neighbors(**arguments)


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


@pytest.mark.parametrize("num_classes", [3, 100])
def test_each_against_all_others_is_as_the_plain_loop(num_classes):
    rows = points(300)
    labels = np.random.default_rng(1).integers(num_classes, size=300)
    ks = np.array([1, 2, 4])
    expected = plain_metrics(plain_order(rows, rows, True), labels, labels, ks)
    del expected["mean_average_precision"]
    values = metrics.retrieval_metrics(rows, labels, ks)
    assert values == pytest.approx(expected, abs=1e-6)
    assert all(type(value) is float for value in values.values())


def test_blocks_do_not_change_the_metrics(small_blocks):
    rows = points(50)
    labels = np.arange(50) % 7
    order = plain_order(rows, rows, exclude_self=True)
    expected = plain_metrics(order, labels, labels, [1, 3])
    del expected["mean_average_precision"]
    values = metrics.retrieval_metrics(rows, labels, [1, 3])
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


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"labels": [0, 1]}, r"labels must have .* Received: shape \[2\]"),
        ({"ks": ()}, "ks must hold"),
        ({"ks": (0, 1)}, "ks must hold"),
        ({"embeddings": LINE[:0], "labels": []}, "at least one"),
        ({"embeddings": LINE[:1], "labels": [0]}, "larger gallery"),
        ({"gallery_embeddings": LINE}, "gallery_labels must have"),
        ({"query_cameras": [0] * 4}, "query_cameras needs"),
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
    rows = points(60) + 100.0 * labels[:, None]
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
