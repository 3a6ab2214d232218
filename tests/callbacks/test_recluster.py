"""Recluster divides the images among the learners."""

import logging

import numpy as np
import pytest
import tensorflow as tf
from helpers.feature_models import CLUSTERS
from helpers.feature_models import LABELS
from helpers.feature_models import recluster
from helpers.feature_models import run_epochs
from helpers.feature_models import same_partition
from helpers.feature_models import separable

import dnc_keras as dnc
from dnc_keras.callbacks import Recluster
from dnc_keras.clustering import division


def test_clusters_of_separable_features_are_found():
    callback, sampler = recluster(separable())
    callback.on_train_begin()
    assert same_partition(sampler.assignment, CLUSTERS)


def test_features_may_be_a_dataset():
    dataset = tf.data.Dataset.from_tensor_slices(separable()).batch(5)
    callback, sampler = recluster(dataset)
    callback.on_train_begin()
    assert same_partition(sampler.assignment, CLUSTERS)


def test_features_are_scaled_to_length_1():
    lengths = np.tile([1.0, 100.0], 12)[:, None].astype(np.float32)
    callback, sampler = recluster(separable() * lengths)
    callback.on_train_begin()
    assert same_partition(sampler.assignment, CLUSTERS)


def test_clusters_keep_their_learner():
    # Another seed of k-means gives the clusters other numbers.
    callback, sampler = recluster(separable(), every=1)
    names = set()
    for epoch, _ in run_epochs(callback, sampler, 8):
        names.add(tuple(sampler.assignment))
        callback.seed = epoch + 1
    assert len(names) == 1
    numbers = {
        tuple(dnc.clustering.kmeans(separable(), 3, seed=s).assignment)
        for s in range(8)
    }
    assert len(numbers) > 1


def test_a_second_fit_keeps_the_learners_of_the_first():
    callback, sampler = recluster(separable())
    callback.on_train_begin()
    renamed = (sampler.assignment + 1) % 3
    sampler.update(renamed)
    callback.on_train_begin()
    np.testing.assert_array_equal(sampler.assignment, renamed)


def test_a_training_goes_on_with_the_clusters_of_another():
    settings = {"every": 1, "whole_embedding_from": 3}
    callback, sampler = recluster(separable(), **settings)
    callback.on_train_begin()
    sampler.update((sampler.assignment + 1) % 3)
    state = callback.get_state()
    other, other_sampler = recluster(separable(seed=1), **settings)
    other.set_state(3, state)
    other.on_train_begin()
    assert (other_sampler.epoch, other_sampler.whole_embedding) == (3, True)
    np.testing.assert_array_equal(other_sampler.assignment, sampler.assignment)
    # And keeps its names when it clusters.
    other.on_epoch_end(3, {})
    np.testing.assert_array_equal(other_sampler.assignment, sampler.assignment)


def test_an_image_that_moves_changes_its_learner():
    callback, sampler = recluster(separable(), every=1)
    callback.on_train_begin()
    before = sampler.assignment.copy()
    moved = CLUSTERS.copy()
    moved[[20, 21]] = 0
    callback.images = separable(moved)
    logs = {}
    callback.on_epoch_end(0, logs)
    names = before[[0, 8, 16]]  # of the three clusters
    np.testing.assert_array_equal(sampler.assignment, names[moved])
    np.testing.assert_allclose(logs["recluster_agreement"], 22 / 24)


def test_agreement_is_1_where_nothing_was_clustered():
    callback, sampler = recluster(separable(), every=3)
    seen = [logs for _, logs in run_epochs(callback, sampler, 3)]
    assert [logs["recluster_agreement"] for logs in seen] == [1.0] * 3


def test_clusters_are_made_every_few_epochs(monkeypatch):
    epochs = []
    callback, sampler = recluster(separable(), num_epochs=8, every=3)
    kmeans = division.kmeans

    def counting(*args, **kwargs):
        epochs.append(sampler.epoch)
        return kmeans(*args, **kwargs)

    monkeypatch.setattr(division, "kmeans", counting)
    list(run_epochs(callback, sampler, 8))
    assert epochs == [0, 3, 6]


def test_nothing_is_clustered_after_the_last_epoch():
    callback, sampler = recluster(separable(), num_epochs=1, every=1)
    list(run_epochs(callback, sampler, 1))
    before = sampler.assignment.copy()
    callback.images = None  # would fail
    callback.on_epoch_end(0, {})
    np.testing.assert_array_equal(sampler.assignment, before)


def test_phases_follow_each_other():
    callback, sampler = recluster(
        separable(),
        num_epochs=6,
        every=1,
        whole_embedding_from=2,
        one_cluster_from=4,
    )
    phases = [
        (sampler.epoch, sampler.whole_embedding, len(set(sampler.assignment)))
        for _ in run_epochs(callback, sampler, 6)
    ]
    assert phases == [
        (0, False, 3),
        (1, False, 3),
        (2, True, 3),
        (3, True, 3),
        (4, True, 1),
        (5, True, 1),
    ]


def test_one_cluster_alone_means_the_whole_embedding():
    callback, sampler = recluster(separable(), one_cluster_from=0)
    callback.on_train_begin()
    assert sampler.assignment.tolist() == [0] * 24
    assert sampler.batch(0, 0)[1] == -1


def test_a_single_learner_needs_no_clustering():
    sampler = dnc.ClusterSampler(LABELS, 1, 8, 2)
    callback, _ = recluster(None, sampler)
    epochs = [sampler.epoch for _ in run_epochs(callback, sampler, 3)]
    assert epochs == [0, 1, 2]
    assert sampler.batch(0, 0)[1] == 0


def test_an_image_alone_of_its_class_in_its_cluster_is_left_out():
    clusters = CLUSTERS.copy()
    clusters[0] = 2
    callback, sampler = recluster(separable(clusters))
    callback.on_train_begin()
    assert np.flatnonzero(sampler.assignment == -1).tolist() == [0]


def test_an_image_alone_of_its_class_is_left_out_of_one_cluster_too():
    labels = np.append(LABELS, 99)
    sampler = dnc.ClusterSampler(labels, 3, 8, 2)
    callback, _ = recluster(None, sampler, one_cluster_from=0)
    callback.on_train_begin()
    assert sampler.assignment.tolist() == [0] * 24 + [-1]


def test_a_left_out_image_comes_back():
    clusters = CLUSTERS.copy()
    clusters[0] = 2
    callback, sampler = recluster(separable(clusters), every=1)
    callback.on_train_begin()
    callback.images = separable()
    callback.on_epoch_end(0, {})
    assert same_partition(sampler.assignment, CLUSTERS)


@pytest.mark.parametrize(
    "clusters, message",
    [
        (np.minimum(LABELS, 2), "Received: 1 in cluster"),
        (
            # A single image, which is left out, and leaves a cluster empty.
            np.where(np.arange(24) == 0, 0, np.where(LABELS < 3, 1, 2)),
            r"A cluster needs images. Received: none in cluster \d of 3. Use "
            "fewer learners",
        ),
    ],
)
def test_a_first_clustering_without_pairs_is_refused(clusters, message):
    callback, sampler = recluster(separable(clusters))
    with pytest.raises(ValueError, match=message):
        callback.on_train_begin()
    assert sampler.assignment.tolist() == [0] * 24


def test_a_later_clustering_without_pairs_keeps_the_one_before(caplog):
    callback, sampler = recluster(separable(), every=1)
    callback.on_train_begin()
    before = sampler.assignment.copy()
    callback.images = separable(np.minimum(LABELS, 2))
    logs = {}
    with caplog.at_level(logging.WARNING, logger="absl"):
        callback.on_epoch_end(0, logs)
    np.testing.assert_array_equal(sampler.assignment, before)
    assert logs["recluster_agreement"] == 1.0
    assert caplog.messages[0].startswith(
        "Kept the assignment before: 30 clusterings failed, the last one "
        "with: A cluster needs two classes at least"
    )


def test_other_images_than_the_samplers_are_refused():
    callback, _ = recluster(separable()[:23])
    with pytest.raises(ValueError) as raised:
        callback.on_train_begin()
    assert str(raised.value) == (
        "images must be those of the sampler's labels, in their order. "
        "Received: 23 images, 24 labels."
    )


def test_every_must_be_an_epoch_at_least():
    with pytest.raises(ValueError) as raised:
        Recluster(None, None, every=0)
    assert str(raised.value) == (
        "every must be an integer above 0. Received: 0."
    )


def test_the_logs_count_what_moved_and_what_was_left_out():
    callback, sampler = recluster(separable(), every=1)
    callback.on_train_begin()
    moved = CLUSTERS.copy()
    moved[[20, 21]] = 0  # two of the four images of class 5
    moved[0] = 1  # alone of class 0 there
    callback.images = separable(moved)
    logs = {}
    callback.on_epoch_end(0, logs)
    np.testing.assert_allclose(logs.pop("recluster_agreement"), 21 / 23)
    assert logs == {
        "recluster_moved": 2,
        "recluster_dropped": 1,
        "recluster_clusters": 3,
        "recluster_inverse_purity": 21 / 24,
        "recluster_cut_pairs": 1 - (3 + 4 * 6 + 1 + 1) / 36,
    }


@pytest.mark.parametrize("argument", ["division", "divide", "source"])
def test_unknown_ways_to_cluster_are_refused(argument):
    with pytest.raises(ValueError, match=f"{argument} must be one of"):
        Recluster(None, None, **{argument: "other"})


@pytest.mark.parametrize("divide", ["random_classes", "none"])
def test_what_needs_no_features_computes_none(divide):
    callback, sampler = recluster(None, every=1, divide=divide)
    divisions = []
    for _, logs in run_epochs(callback, sampler, 4):
        divisions.append(sampler.assignment.tolist())
    assert divisions == [divisions[0]] * 4
    assert logs["recluster_moved"] == logs["recluster_cut_pairs"] == 0
    learners = {sampler.batch(0, step)[1] for step in range(3)}
    assert learners == {0, 1, 2}
    assert logs["recluster_clusters"] == (1 if divide == "none" else 3)


def test_whole_classes_are_clustered_by_their_means():
    moved = CLUSTERS.copy()
    moved[[0, 8, 16]] = [1, 2, 0]  # one image of a class looks like others
    callback, sampler = recluster(separable(moved), divide="classes")
    callback.on_train_begin()
    assert same_partition(sampler.assignment, CLUSTERS)


def test_learners_in_turn_end_with_the_phase_of_the_whole_embedding():
    callback, sampler = recluster(None, divide="none", whole_embedding_from=2)
    learners = [
        {sampler.batch(epoch, step)[1] for step in range(3)}
        for epoch, _ in run_epochs(callback, sampler, 4)
    ]
    assert learners == [{0, 1, 2}] * 2 + [{-1}] * 2


def test_nothing_cannot_be_divided_in_steps():
    with pytest.raises(ValueError) as raised:
        Recluster(None, None, division="hierarchical", divide="none")
    assert str(raised.value) == (
        'A hierarchical division cuts clusters in two. Received: divide="none".'
        ' Use division="flat", or divide something.'
    )
