"""Retrieval metrics against plain loops and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from helpers.plain_neighbors import plain_order
from helpers.plain_rankings import LINE
from helpers.plain_rankings import plain_metrics
from helpers.rounding import exact_points

from dnc_keras import metrics
from dnc_keras.metrics import full_ranking
from dnc_keras.neighbors import nearest as neighbors


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
    rows = exact_points(300)
    labels = np.random.default_rng(1).integers(num_classes, size=300)
    ks = np.array(ks)
    expected = plain_metrics(plain_order(rows, rows, True), labels, labels, ks)
    del expected["mean_average_precision"]
    values = metrics.retrieval_metrics(rows, labels, ks)
    assert values == pytest.approx(expected, abs=1e-6)
    assert all(type(value) is float for value in values.values())


def test_blocks_do_not_change_the_metrics(small_blocks):
    rows = exact_points(50)
    labels = np.arange(50) % 25
    order = plain_order(rows, rows, exclude_self=True)
    expected = plain_metrics(order, labels, labels, [1, 3, 40])
    del expected["mean_average_precision"]
    values = metrics.retrieval_metrics(rows, labels, [1, 3, 40])
    assert values == pytest.approx(expected, abs=1e-6)


def test_gallery_is_ranked_as_in_the_plain_loop(small_blocks):
    rows, gallery = exact_points(20), exact_points(60, seed=1)
    labels, gallery_labels = np.arange(20) % 6, np.arange(60) % 5
    order = plain_order(rows, gallery)
    expected = plain_metrics(order, labels, gallery_labels, [1, 10])
    values = metrics.retrieval_metrics(
        rows, labels, [1, 10], gallery, gallery_labels
    )
    assert values == pytest.approx(expected, abs=1e-6)


def test_images_of_the_same_class_and_camera_are_ignored():
    rng = np.random.default_rng(0)
    rows, gallery = exact_points(20), exact_points(60, seed=1)
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


def test_class_of_one_image_is_left_out():
    # Classes a a b: both a find each other, b has nothing to find.
    values = metrics.retrieval_metrics(LINE[:3], ["a", "a", "b"], ks=[1])
    assert set(values.values()) == {1.0}


def test_nothing_to_find_at_all_is_refused():
    message = r"4 queries, none of .*: single image of its class \(4\). Give"
    with pytest.raises(ValueError, match=message):
        metrics.retrieval_metrics(LINE, [0, 1, 2, 3], ks=[1])
    with pytest.raises(ValueError, match=r"class not in the gallery \(4\)"):
        metrics.retrieval_values(
            *(LINE, [0] * 4),
            gallery_embeddings=LINE,
            gallery_labels=[1] * 4,
        )


def test_the_mean_of_no_query_is_refused():
    with pytest.raises(ValueError, match="2 values of recall_at_1, all of"):
        metrics.mean_values({"recall_at_1": np.array([np.nan, np.nan])})


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
    assert set(metrics.retrieval_metrics(**missed).values()) == {1.0}


def test_duplicates_are_found_like_any_image():
    # Row 0 and its copy find each other, but not themselves.
    values = metrics.retrieval_values([[5.0], [5.0], [9.0]], [1, 2, 1], ks=[1])
    np.testing.assert_array_equal(values["recall_at_1"], [0, np.nan, 1])


def test_rows_of_any_length_and_type_are_searched():
    labels = np.arange(60) % 5
    rows = exact_points(60).astype(np.float16)
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
        assert measure(exact_points(30), make(labels)) == measure(
            exact_points(30), labels
        )


def test_values_are_those_of_each_query():
    values = metrics.retrieval_values(LINE, ["a", "b", "a", "a"], ks=[1, 2])
    # By distance: 0 finds b a a, 1 (b) finds nothing, 3 finds b a a (1, 0, 7),
    # 7 finds a b a.
    half = (1 / 2) / 2
    expected = {
        "recall_at_1": [0, np.nan, 0, 1],
        "recall_at_2": [1, np.nan, 1, 1],
        "r_precision": [1 / 2, np.nan, 1 / 2, 1 / 2],
        "map_at_r": [half, np.nan, half, 1 / 2],
        "marp_dnc": [1 / 2, np.nan, 1 / 2, 1],
    }
    assert values.keys() == expected.keys()
    for name, each in expected.items():
        np.testing.assert_allclose(values[name], each, err_msg=name)
    means = metrics.retrieval_metrics(LINE, ["a", "b", "a", "a"], ks=[1, 2])
    assert metrics.mean_values(values) == means


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"labels": [0, 1]}, r"labels must have .* Received: shape \[2\]"),
        ({"labels": [[0], [0], [1], [1]]}, r"Received: shape \[4, 1\]"),
        ({"labels": [0, 1, None, 1]}, "None for image 2"),
        ({"embeddings": LINE * 1e30}, "Squared distances must fit"),
        ({"labels": [0, 1, np.nan, np.nan]}, "nan for image 2, 2 such"),
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
            {"gallery_embeddings": exact_points(4), "gallery_labels": [0] * 4},
            "same number of columns",
        ),
    ],
)
def test_bad_evaluation_is_an_error_with_advice(arguments, words):
    arguments = {"embeddings": LINE, "labels": [0, 0, 1, 1], **arguments}
    with pytest.raises(ValueError, match=words):
        metrics.retrieval_metrics(**arguments)


@pytest.mark.parametrize(
    "labels, gallery_labels",
    [
        # Each pair in one type of float64 would be one label.
        (np.array([-1, 2**62]), np.array([2**62 + 1, 2**62], np.uint64)),
        (np.array([7, 8], object), np.array([2**70, 8], object)),
        (["ab", "b"], np.array(["a", "b"], object)),
    ],
)
def test_labels_of_two_types_are_compared_as_they_are(labels, gallery_labels):
    rows = np.array([[0.0], [5.0]])
    values = metrics.retrieval_values(
        *(rows, labels),
        ks=(1,),
        gallery_embeddings=rows,
        gallery_labels=gallery_labels,
    )
    # The first query has nothing to find.
    np.testing.assert_array_equal(values["recall_at_1"], [np.nan, 1.0])


def test_one_camera_for_all_is_refused():
    rows, labels = np.repeat(np.eye(4), 2, axis=0), np.repeat(range(4), 2)
    with pytest.raises(ValueError, match="Received: 8 queries, none of which"):
        metrics.retrieval_metrics(
            rows,
            labels,
            gallery_embeddings=rows,
            gallery_labels=labels,
            query_cameras=np.zeros(8),
            gallery_cameras=np.zeros(8),
        )
