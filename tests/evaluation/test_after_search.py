"""What is gained after a search is measured by the data set's protocol."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from helpers import plain_reranking
from helpers.plain_rankings import plain_metrics
from helpers.unit_points import grouped

from dnc_keras.datasets import Dataset
from dnc_keras.datasets import ImageIndex
from dnc_keras.evaluation.after_search import Chain
from dnc_keras.evaluation.after_search import Model
from dnc_keras.evaluation.after_search import search_after
from dnc_keras.evaluation.searched_dataset import search_dataset
from dnc_keras.metrics import one_gallery_metrics
from dnc_keras.reranking import Methods

ROWS = grouped(60)
KS = (1, 3)
RERANKED = Methods(rerank="k_reciprocal", k1=5, k2=3)


def index(numbers, cameras=None):
    """Images whose names are rows; row i is of class i % 5."""
    names = [f"c{number % 5}" for number in numbers]
    return ImageIndex.from_class_names(
        [str(number) for number in numbers], names, cameras=cameras
    )


TRAIN = ImageIndex.from_class_names(
    [str(n) for n in range(40, 60)], [f"t{n % 5}" for n in range(20)]
)
TEST = index(range(30))


def rows_of(index):
    return ROWS[index.paths.astype(int)]


def batches_of(index):
    numbers = index.paths.astype(int)
    return tf.data.Dataset.from_tensor_slices(numbers).batch(7)


MODEL = Model(
    lambda numbers: tf.gather(ROWS, numbers),
    batches_of,
    # The mirror image of a row is the row with its columns reversed.
    lambda numbers: tf.gather(ROWS[:, ::-1], numbers),
)


def measured(dataset, chain):
    parts = search_dataset(MODEL.embed, dataset, batches_of, KS).parts
    return search_after(chain, dataset, parts, MODEL, KS)


def check(found, order, labels, gallery_labels, ignored=None):
    expected = plain_metrics(order, labels, gallery_labels, KS, ignored)
    assert found == {name: pytest.approx(expected[name]) for name in found}


def test_images_that_search_each_other_are_reranked_among_them():
    after = measured(Dataset("mine", TRAIN, TEST), Chain(methods=RERANKED))
    rows = np.float64(rows_of(TEST))
    distances = plain_reranking.k_reciprocal(rows, rows, 5, 3, 0.3, True)
    order = np.argsort(distances, axis=1)[:, :-1]
    check(after.metrics, order, TEST.labels, TEST.labels)
    assert list(after.seconds) == ["k_reciprocal"]
    assert len(after.values["map_at_r"]) == 30


def test_queries_are_reranked_in_the_gallery_and_cameras_count():
    query = index(range(10), np.arange(10) % 2)
    gallery = index(range(10, 30), np.arange(20) // 5 % 2)
    dataset = Dataset("mine", TRAIN, TEST, query, gallery)
    after = measured(dataset, Chain(methods=RERANKED))
    distances = plain_reranking.k_reciprocal(
        np.float64(rows_of(query)),
        np.float64(rows_of(gallery)),
        *(5, 3, 0.3, False),
    )
    same = query.labels[:, None] == gallery.labels
    ignored = same & (query.cameras[:, None] == gallery.cameras)
    order = np.argsort(distances, axis=1)
    check(after.metrics, order, query.labels, gallery.labels, ignored)


def test_each_drawn_gallery_is_searched_on_its_own():
    dataset = Dataset("mine", TRAIN, TEST, num_gallery_draws=3)
    methods = Methods(query_expansion="average", expand=2)
    after = measured(dataset, Chain(methods=methods))
    plain = one_gallery_metrics(rows_of(TEST), TEST.labels, KS, 3)
    assert after.metrics.keys() == plain.keys()
    # Three draws of 25 queries each.
    assert len(after.values["recall_at_1"]) == 75


def test_mirror_images_are_averaged_first():
    after = measured(Dataset("mine", TRAIN, TEST), Chain(flip=True))
    rows = rows_of(TEST) + rows_of(TEST)[:, ::-1]
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    order = [
        plain_reranking.ranked(row, rows, number)
        for number, row in enumerate(rows)
    ]
    check(after.metrics, order, TEST.labels, TEST.labels)
    assert list(after.seconds) == ["flip"]


@pytest.mark.parametrize("whiten_on", ["train", "gallery"])
def test_whitening_is_fitted_on_the_images_that_are_named(whiten_on):
    chain = Chain(whiten=3, whiten_on=whiten_on)
    after = measured(Dataset("mine", TRAIN, TEST), chain)
    fitted_on = ROWS[40:] if whiten_on == "train" else ROWS[:30]
    centred = np.float64(fitted_on) - fitted_on.mean(axis=0)
    _, deviations, axes = np.linalg.svd(centred)
    rows = np.float64(rows_of(TEST)) - fitted_on.mean(axis=0)
    rows = rows @ axes[:3].T / deviations[:3]
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    order = [
        plain_reranking.ranked(row, rows, number)
        for number, row in enumerate(rows)
    ]
    check(after.metrics, order, TEST.labels, TEST.labels)


def test_whitening_of_averaged_images_is_fitted_on_averaged_ones():
    seen = []

    def embed_mirrored(numbers):
        seen.extend(numbers.numpy())
        return MODEL.embed_mirrored(numbers)

    model = dataclasses.replace(MODEL, embed_mirrored=embed_mirrored)
    dataset = Dataset("mine", TRAIN, TEST)
    parts = {"test": rows_of(TEST)}
    search_after(Chain(flip=True, whiten=3), dataset, parts, model, KS)
    assert set(seen) == {*range(30), *range(40, 60)}


def test_only_what_is_done_is_described():
    chain = Chain(whiten=3, methods=Methods(query_expansion="average"))
    assert chain.any
    assert chain.describe() == {
        "whiten": 3,
        "whiten_on": "train",
        "query_expansion": "average",
        "expand": 10,
    }
    assert not Chain().any
    assert Chain().describe() == {}


def test_whitening_on_test_labels_is_no_choice():
    with pytest.raises(ValueError, match="whiten_on must be one of train"):
        Chain(whiten=3, whiten_on="test")


def test_what_cannot_be_done_is_refused_before_images_are_embedded():
    chain = Chain(methods=Methods(3, rerank="k_reciprocal"))
    dataset = Dataset("mine", TRAIN, TEST)
    with pytest.raises(ValueError, match="queries and gallery apart"):
        search_after(chain, dataset, {}, MODEL, KS)
