"""A data set is measured as its protocol says."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras.datasets import Dataset
from dnc_keras.datasets import ImageIndex
from dnc_keras.evaluation.searched_dataset import describe_test
from dnc_keras.evaluation.searched_dataset import search_arguments
from dnc_keras.evaluation.searched_dataset import search_dataset
from dnc_keras.evaluation.searched_dataset import search_parts

TRAIN = ImageIndex.from_class_names(["0", "1"], ["c", "d"])


def _place(index):
    """An embedding of one number: the image's name."""
    places = index.paths.astype(np.float32)[:, None]
    return tf.data.Dataset.from_tensor_slices(places).batch(2)


def _evaluate(dataset, ks=(1, 2)):
    dataset = dataclasses.replace(dataset, ks=ks)
    return search_dataset(tf.identity, dataset, _place).metrics()


def _index(places, names, cameras=None):
    return ImageIndex.from_class_names(places, names, cameras=cameras)


def test_each_test_image_is_searched_among_the_others():
    test = _index(["0", "1", "10", "11", "20"], ["a", "a", "b", "b", "a"])
    metrics = _evaluate(Dataset("mine", TRAIN, test))
    # The nearest of 20 are 11 and 10, both of the other class.
    assert metrics["recall_at_1"] == metrics["recall_at_2"] == 0.8
    assert "mean_average_precision" not in metrics


def test_separate_classes_have_all_metrics_at_one():
    test = _index(["0", "1", "10", "11"], ["a", "a", "b", "b"])
    metrics = _evaluate(Dataset("mine", TRAIN, test), ks=(1,))
    assert metrics.pop("nmi_std") == 0.0
    assert sorted(metrics) == [
        "ami",
        "map_at_r",
        "marp_dnc",
        "nmi",
        "r_precision",
        "recall_at_1",
    ]
    np.testing.assert_allclose(list(metrics.values()), 1.0, atol=1e-6)


def test_queries_are_searched_in_the_gallery_only():
    query = _index(["0", "10"], ["a", "b"])
    gallery = _index(["2", "3", "9"], ["b", "a", "b"])
    test = _index(["0", "10", "2", "3", "9"], ["a", "b", "b", "a", "b"])
    metrics = _evaluate(Dataset("mine", TRAIN, test, query, gallery))
    # Query 0 finds 2 (wrong), 3 (right); query 10 finds 9 (right), 3 (wrong),
    # 2 (right): average precision 1/2 and (1 + 2/3) / 2.
    assert metrics["recall_at_1"] == 0.5
    assert metrics["recall_at_2"] == 1.0
    np.testing.assert_allclose(
        metrics["mean_average_precision"], (1 / 2 + 5 / 6) / 2
    )


def test_images_of_the_query_s_own_camera_are_ignored():
    cameras = np.array([0, 0], np.int32)
    query = _index(["0", "10"], ["a", "b"], cameras)
    gallery = _index(
        ["1", "3", "4", "9"], ["a", "b", "a", "b"], np.array([0, 1, 1, 1])
    )
    test = _index(["0", "1", "3", "4"], ["a", "a", "b", "a"])
    metrics = _evaluate(Dataset("mine", TRAIN, test, query, gallery))
    # Query 0 may not find 1, of its own camera: 3 comes before 4.
    assert metrics["recall_at_1"] == 0.5


def test_one_image_of_each_class_is_the_gallery_in_turn():
    # a: 0 and 3, b: 2 and 10. Drawn as gallery (a, b), the others search:
    # (0, 2): 3 is nearer to 2, wrong; 10 to 2, right.      R@1 = 1/2
    # (0, 10): 3 to 0, right; 2 to 0, wrong.                R@1 = 1/2
    # (3, 2): 0 to 2, wrong; 10 to 3, wrong.                R@1 = 0
    # (3, 10): 0 to 3, right; 2 to 3, wrong.                R@1 = 1/2
    test = _index(["0", "3", "2", "10"], ["a", "a", "b", "b"])
    drawn = Dataset("mine", TRAIN, test, num_gallery_draws=400)
    metrics = _evaluate(drawn, ks=(1, 2))
    # Each comes once in four, so 3/8 on average; 0.01 is the standard error.
    np.testing.assert_allclose(metrics["recall_at_1"], 3 / 8, atol=0.06)
    assert metrics["recall_at_2"] == 1.0
    assert "mean_average_precision" in metrics
    assert metrics["recall_at_1_std"] > 0.0
    assert metrics["recall_at_2_std"] == 0.0


def test_draws_of_the_gallery_repeat_themselves():
    rng = np.random.default_rng(0)
    places = [str(place) for place in rng.normal(size=30)]
    test = _index(places, [f"{row % 10}" for row in range(30)])
    drawn = Dataset("mine", TRAIN, test, num_gallery_draws=3)
    assert _evaluate(drawn) == _evaluate(drawn)


def test_recall_is_given_for_the_ks_of_the_data_set():
    test = _index(["0", "1", "10", "11"], ["a", "a", "b", "b"])
    metrics = _evaluate(Dataset("mine", TRAIN, test), ks=(1, 1000))
    assert metrics["recall_at_1000"] == 1.0
    assert "recall_at_2" not in metrics


def test_other_ks_than_those_of_the_data_set_can_be_asked_for():
    test = _index(["0", "1", "10", "11"], ["a", "b", "a", "b"])
    dataset = Dataset("mine", TRAIN, test)
    searched = search_dataset(tf.identity, dataset, _place, ks=(3,))
    assert searched.retrieval["recall_at_3"] == 1.0
    assert "recall_at_1" not in searched.retrieval


def test_no_runs_of_k_means_leave_its_metrics_out():
    test = _index(["0", "1", "10", "11"], ["a", "a", "b", "b"])
    searched = search_dataset(tf.identity, Dataset("m", TRAIN, test), _place)
    assert searched.metrics(0) == searched.retrieval
    assert searched.metrics(1).keys() - searched.retrieval.keys() == {
        "nmi",
        "nmi_std",
        "ami",
    }


def test_values_are_in_the_order_of_the_test_images():
    test = _index(["0", "20", "1", "10", "11"], ["a", "a", "a", "b", "b"])
    searched = search_dataset(tf.identity, Dataset("m", TRAIN, test), _place)
    np.testing.assert_array_equal(
        searched.values["recall_at_1"], [1, 0, 1, 1, 1]
    )
    np.testing.assert_array_equal(
        searched.parts["test"][:, 0], [0, 20, 1, 10, 11]
    )
    np.testing.assert_array_equal(searched.query_labels, test.labels)


def test_intervals_are_around_the_metrics_of_every_protocol():
    rng = np.random.default_rng(0)
    names = np.arange(60) // 3
    places = [f"{place}" for place in names + rng.normal(scale=0.7, size=60)]
    everything = [f"{name}" for name in names]
    test = _index(places, everything)
    roles = [_index(places[n::3], everything[n::3]) for n in (0, 1)]
    for dataset in (
        Dataset("all", TRAIN, test),
        Dataset("roles", TRAIN, test, *roles),
        Dataset("draws", TRAIN, test, num_gallery_draws=4),
    ):
        searched = search_dataset(tf.identity, dataset, _place, ks=(1, 4))
        low, high = searched.intervals(0.9)
        stds = {name for name in searched.retrieval if name.endswith("_std")}
        assert low.keys() == high.keys() == searched.retrieval.keys() - stds
        for name in low:
            assert low[name] < searched.retrieval[name] < high[name], name


def test_a_result_says_what_was_measured():
    test = _index(["0", "1", "10", "11"], ["a", "a", "b", "b"])
    dataset = Dataset("mine", TRAIN, test, protocol="p", source="official")
    assert describe_test(dataset) == {
        "dataset": "mine",
        "source": "official",
        "protocol": "p",
        "num_dropped_images": 0,
        "num_test_images": 4,
        "num_test_classes": 2,
        # printf 'test\na\0000\na\0001\nb\00010\nb\00011\n' | sha256sum
        "test_set": "70867516a4f6be6e",
    }


def test_queries_without_an_image_to_find_are_counted():
    test = _index(["0", "1", "10"], ["a", "a", "b"])
    alone = search_dataset(tf.identity, Dataset("m", TRAIN, test), _place)
    assert alone.matches.describe() == {
        "num_queries": 3,
        "num_queries_left_out": 1,
        "left_out_because": "single image of its class (1)",
    }


def test_queries_that_their_own_camera_alone_can_match_are_counted():
    query = dataclasses.replace(
        _index(["0", "10", "20"], ["a", "b", "b"]),
        cameras=np.array([0, 1, 0], np.int32),
    )
    gallery = dataclasses.replace(
        _index(["1", "11"], ["a", "b"]), cameras=np.array([0, 0], np.int32)
    )
    test = _index(["0", "10", "20", "1", "11"], ["a", "b", "b", "a", "b"])
    dataset = Dataset("m", TRAIN, test, query, gallery)
    searched = search_dataset(tf.identity, dataset, _place, ks=(1,))
    assert searched.matches.describe() == {
        "num_queries": 3,
        "num_queries_left_out": 2,
        "left_out_because": "all images of its class are of its own camera (2)",
    }
    assert searched.retrieval["recall_at_1"] == 1.0


def _never(images):
    raise AssertionError("Nothing must be embedded.")


def test_no_query_with_an_image_to_find_is_refused_before_the_work():
    alone = Dataset("m", TRAIN, _index(["0", "1"], ["a", "b"]))
    with pytest.raises(ValueError, match="The test of data set m needs quer"):
        search_dataset(_never, alone, _place)
    cameras = np.zeros(2, np.int32)
    roles = [
        dataclasses.replace(_index(places, ["a", "b"]), cameras=cameras)
        for places in (["0", "9"], ["1", "8"])
    ]
    test = _index(["0", "9", "1", "8"], ["a", "b", "a", "b"])
    with pytest.raises(ValueError, match="own camera .2.. Correct the cam"):
        search_dataset(_never, Dataset("m", TRAIN, test, *roles), _place)


def test_drawn_galleries_have_the_queries_of_one_draw():
    test = _index(["0", "1", "2", "10"], ["a", "a", "a", "b"])
    drawn = Dataset("m", TRAIN, test, num_gallery_draws=3)
    searched = search_dataset(tf.identity, drawn, _place)
    assert searched.matches.describe() == {
        "num_queries": 2,
        "num_queries_left_out": 0,
        "left_out_because": None,
    }


def test_embedded_parts_are_searched_as_their_images_would_be():
    test = _index(["0", "1", "10", "11", "20"], ["a", "a", "b", "b", "a"])
    dataset = Dataset("mine", TRAIN, test)
    embedded = search_dataset(tf.identity, dataset, _place)
    found, _, labels = search_parts(dataset, embedded.parts, dataset.ks)
    assert found == embedded.retrieval
    assert labels.tolist() == [0, 0, 1, 1, 0]


def test_queries_and_gallery_are_what_is_searched_with_their_cameras():
    query = _index(["0", "10"], ["a", "b"], np.int32([0, 0]))
    gallery = _index(["2", "3"], ["b", "a"], np.int32([1, 0]))
    test = _index(["0", "10", "2", "3"], ["a", "b", "b", "a"])
    dataset = Dataset("mine", TRAIN, test, query=query, gallery=gallery)
    parts = {"query": np.zeros([2, 1]), "gallery": np.ones([2, 1])}
    told = search_arguments(dataset, parts)
    assert told["gallery_labels"].tolist() == [1, 0]
    assert told["gallery_cameras"].tolist() == [1, 0]
    assert told["query_cameras"].tolist() == [0, 0]
    assert told["gallery_embeddings"] is parts["gallery"]
