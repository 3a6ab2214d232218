"""Recluster takes fresh or cached features, or the embedding, and drift."""

import numpy as np
import pytest
import tensorflow as tf
from helpers.feature_models import CLUSTERS
from helpers.feature_models import CORNERS
from helpers.feature_models import IMAGES
from helpers.feature_models import LABELS
from helpers.feature_models import recluster
from helpers.feature_models import same_partition
from helpers.feature_models import separable
from helpers.feature_models import small_model

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.callbacks import Recluster


def cached(**kwargs):
    callback, sampler = recluster(
        separable(), source="cached", every=1, **kwargs
    )
    callback.on_train_begin()
    return callback, sampler


def test_cached_features_are_those_that_training_reported():
    callback, sampler = cached()
    names = sampler.assignment[[0, 8, 16]]  # of the three clusters
    callback.images = None  # is not asked again
    moved = CLUSTERS.copy()
    moved[[16, 17, 20, 21]] = 0
    some = np.arange(12, 24)
    callback.model.feature_listener(some, separable(moved)[some])
    logs = {}
    callback.on_epoch_end(0, logs)
    np.testing.assert_array_equal(sampler.assignment, names[moved])
    assert logs["recluster_unseen"] == 12


def test_cached_features_are_embedded_where_that_is_clustered():
    callback, sampler = cached(cluster_on="embedding")
    before = sampler.assignment
    everything = np.arange(24)
    callback.model.feature_listener(everything, separable(seed=1))
    callback.on_epoch_end(0, {})
    np.testing.assert_array_equal(sampler.assignment, before)
    assert same_partition(before, CLUSTERS)


def test_cached_features_need_indices():
    callback, _ = cached()
    with pytest.raises(ValueError, match="Received: none since the last"):
        callback.on_epoch_end(0, {})


def test_fit_reports_features_to_the_cache():
    def assignment(source):
        sampler = dnc.ClusterSampler(LABELS, 3, 8, 2)
        model = small_model()
        model.compile(keras.optimizers.SGD(0.0))  # so that features stay
        batches = dnc.clustered_dataset(
            sampler, lambda i: tf.gather(IMAGES, i), with_index=True
        )
        history = model.fit(
            batches,
            epochs=3,
            shuffle=False,
            verbose=0,
            callbacks=[Recluster(IMAGES, sampler, source=source)],
        ).history
        assert model.feature_listener is None  # nothing is held any more
        return sampler.assignment, history

    cached, history = assignment("cached")
    np.testing.assert_array_equal(cached, assignment("fresh")[0])
    # Six batches of two epochs draw most of the 24 images.
    assert 0 <= history["recluster_unseen"][-1] < 12


def test_clusters_of_the_embedding_differ_from_those_of_features():
    # The features tell the clusters, the last three tell halves of classes.
    halves = 0.01 * CORNERS[np.arange(24) % 2]
    features = np.concatenate([separable(), halves], axis=1)
    callback, sampler = recluster(features, dnc.ClusterSampler(LABELS, 2, 8, 2))
    callback.cluster_on = "embedding"
    callback.on_train_begin()
    assert same_partition(sampler.assignment, np.arange(24) % 2)


def test_little_drift_keeps_the_clusters():
    callback, sampler = recluster(separable(), every=1, min_drift=0.1)
    callback.on_train_begin()
    before = sampler.assignment
    logs = {}
    callback.on_epoch_end(0, logs)
    assert logs["recluster_drift"] == 0.0
    moved = CLUSTERS.copy()
    moved[[20, 21]] = 0
    callback.images = separable(moved)
    callback.on_epoch_end(0, logs)
    np.testing.assert_allclose(logs["recluster_drift"], 2 / 24)
    np.testing.assert_array_equal(sampler.assignment, before)


def test_much_drift_clusters_again():
    callback, sampler = recluster(separable(), every=1, min_drift=0.1)
    callback.on_train_begin()
    names = sampler.assignment[[0, 8, 16]]
    moved = CLUSTERS.copy()
    moved[[16, 17, 20, 21]] = 0
    callback.images = separable(moved)
    logs = {}
    callback.on_epoch_end(0, logs)
    np.testing.assert_allclose(logs["recluster_drift"], 4 / 24)
    np.testing.assert_array_equal(sampler.assignment, names[moved])
