"""Recluster takes fresh or cached features, or the embedding, and drift."""

import numpy as np
import pytest
import tensorflow as tf
from helpers.feature_models import CLUSTERS
from helpers.feature_models import CORNERS
from helpers.feature_models import IMAGES
from helpers.feature_models import LABELS
from helpers.feature_models import recluster
from helpers.feature_models import run_epochs
from helpers.feature_models import same_partition
from helpers.feature_models import separable
from helpers.feature_models import small_model

import dnc_keras as dnc
from dnc_keras._keras import keras
from dnc_keras.arrays.unit_rows import UnitRows
from dnc_keras.callbacks import Recluster
from dnc_keras.callbacks.feature_source import FreshFeatures
from dnc_keras.clustering import division


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


def vector_model(*layers):
    backbone = keras.Sequential([keras.Input([3]), *layers])
    return dnc.DivideAndConquer(backbone, 6, 3)


def collected(model, images, **kwargs):
    source = FreshFeatures(LABELS, **kwargs)
    source.begin(model)
    return source.collect(images)


@pytest.mark.parametrize(
    "layers",
    [
        [keras.layers.Identity()],
        [keras.layers.Activation("linear"), keras.layers.Identity()],
    ],
)
def test_vectors_are_clustered_where_they_are(layers):
    array = separable().astype(np.float16)
    stored = dnc.datasets.VectorRows.of(array)
    model = vector_model(*layers)
    features = collected(model, stored)
    assert isinstance(features, UnitRows)
    np.testing.assert_array_equal(
        features.take(slice(None)),
        collected(model, array.astype(np.float32)),
    )


@pytest.mark.parametrize(
    "layers, kwargs",
    [
        ([keras.layers.Dense(4)], {}),
        ([keras.layers.ReLU()], {}),
        ([keras.layers.Identity(dtype="mixed_float16")], {}),
        ([keras.layers.Identity()], {"cluster_on": "embedding"}),
    ],
)
def test_vectors_that_a_model_changes_are_passed_through_it(layers, kwargs):
    array = separable()
    model = vector_model(*layers)
    np.testing.assert_array_equal(
        collected(model, dnc.datasets.VectorRows.of(array), **kwargs),
        collected(model, array, **kwargs),
    )


def test_vectors_must_be_as_many_as_their_labels():
    stored = dnc.datasets.VectorRows.of(separable()[1:])
    with pytest.raises(ValueError, match="Received: 23 images, 24 labels"):
        collected(vector_model(keras.layers.Identity()), stored)


def test_cached_features_of_vectors_are_not_remembered():
    callback, sampler = recluster(separable(), source="cached", every=1)
    callback.images = dnc.datasets.VectorRows.of(separable())
    callback.set_model(vector_model(keras.layers.Identity()))
    callback.on_train_begin()
    assert same_partition(sampler.assignment, CLUSTERS)
    assert "rows" not in callback.get_state()


@pytest.mark.parametrize(
    "layer, kwargs, num_divisions",
    [
        (keras.layers.Identity(), {}, 1),
        (keras.layers.Identity(), {"divide": "classes"}, 1),
        (keras.layers.Identity(), {"min_drift": 1e-9}, 1),
        (keras.layers.Identity(), {"cluster_on": "embedding"}, 4),
        (keras.layers.Dense(4), {}, 4),
    ],
)
def test_what_cannot_change_is_divided_once(
    layer, kwargs, num_divisions, monkeypatch
):
    callback, sampler = recluster(
        dnc.datasets.VectorRows.of(separable()), None, 4, every=1, **kwargs
    )
    callback.set_model(vector_model(layer))
    calls = []

    def divide(*args, **kwargs):
        calls.append(args)
        return division.divide(*args, **kwargs)

    monkeypatch.setattr(dnc.clustering, "divide", divide)
    seen = [sampler.assignment for _ in run_epochs(callback, sampler, 4)]
    assert len(calls) == num_divisions
    if num_divisions == 1:
        assert all(same_partition(each, CLUSTERS) for each in seen)
