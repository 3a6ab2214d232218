"""What the training images are clustered by."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.arrays.stored_rows import StoredRows
from dnc_keras.arrays.unit_rows import UnitRows
from dnc_keras.arrays.unit_rows import scale_to_unit
from dnc_keras.arrays.workers import own_part
from dnc_keras.arrays.workers import strategy_of
from dnc_keras.arrays.workers import workers_of
from dnc_keras.batches.extraction import extract_own
from dnc_keras.batches.extraction import traced
from dnc_keras.batches.passes import check_order
from dnc_keras.callbacks.carried_labels import check_same_classes
from dnc_keras.clustering import SharedFeatures
from dnc_keras.models.feature_rows import feature_rows
from dnc_keras.models.identity import returns_its_inputs
from dnc_keras.models.inputs import declared_inputs
from dnc_keras.support.checks import check_choice

CLUSTER_ON = ("features", "embedding")
_NUM_COMPARED = 64


class FreshFeatures:
    """Passes all images through the model whenever they are clustered.

    Args:
        labels: `[num_images]` labels, the class of each training image.
        cluster_on: "features", "embedding", or the name of a layer.
    """

    def __init__(self, labels, cluster_on="features"):
        self._labels = labels
        self._num_images = len(labels)
        self._order_is_known = False
        self._cluster_on = cluster_on
        self._of_embedding = cluster_on == "embedding"

    def begin(self, model):
        """Takes the model whose features are meant."""
        self._model = model
        self._strategy = strategy_of(model)
        self._workers = workers_of(self._strategy)
        self._features = _function_of(model, self._cluster_on)

    def end(self):
        """Lets go of what the model would keep."""

    def collect(self, images):
        """`[num_images, dim]` float32 array, rows of length 1.

        Where the images are `StoredRows` of what the model takes for their
        features, these are read in place: `UnitRows`. With several workers:
        `SharedFeatures`, of the own images.
        """
        if self._are_features(images):
            self._check_count(self._workers.total(images.shape[0]))
            return self._share(UnitRows(images))
        return self._share(self._computed(images))

    def can_change(self, images) -> bool:
        """Whether training changes the features: not those of its input."""
        return not self._are_features(images)

    def _are_features(self, images):
        """Whether a pass would return what it is given, bit by bit."""
        if not isinstance(images, StoredRows) or self._cluster_on != "features":
            return False
        backbone = getattr(self._model, "backbone", None)
        if not returns_its_inputs(backbone):
            return False
        # A policy of 16 bits rounds what no layer changes.
        first = images.take(slice(0, _NUM_COMPARED))
        return np.array_equal(self._features(tf.constant(first)), first)

    def _computed(self, images):
        return scale_to_unit(self._pass_over(images))

    def _pass_over(self, images):
        """The features of this worker's images, in the order of the labels."""
        if not self._order_is_known:
            check_order(images)
            self._order_is_known = True
        with self._strategy.scope():
            rows, labels = extract_own(self._features, images, self._num_images)
        self._check_count(self._workers.total(len(rows)))
        if labels is not None:
            workers = self._workers
            own = own_part(self._num_images, workers.num, workers.index)
            check_same_classes(labels, self._labels[own])
        return rows

    def _check_count(self, count):
        if count != self._num_images:
            raise ValueError(
                "images must be those of the sampler's labels, in their "
                f"order. Received: {count} images, "
                f"{self._num_images} labels."
            )

    def _share(self, features):
        if self._workers.num == 1:
            return features
        return SharedFeatures(features, self._workers)

    def logs(self):
        """What an epoch's logs tell of the features."""
        return {}

    def get_state(self):
        """What another source needs to go on, a dict of arrays."""
        return {}

    def set_state(self, state):
        """Goes on from the state of another source."""


class CachedFeatures(FreshFeatures):
    """Remembers the features that training computes anyway.

    Only the first clustering passes over the images. Later an image has the
    features of its last training step: of a random crop, and of weights a
    little older. One that no batch had since keeps those of before.

    Args:
        labels: as for `FreshFeatures`.
        cluster_on: "features" or "embedding"; the embedding layer is applied
            to the features when they are collected.
    """

    def __init__(self, labels, cluster_on="features"):
        super().__init__(labels, cluster_on)
        self._rows = None
        self._seen = np.zeros(self._num_images, bool)
        self._num_unseen = 0

    def begin(self, model):
        super().begin(model)
        check_choice("cluster_on", self._cluster_on, CLUSTER_ON)
        self._features = tf.function(model.features)
        self._embed = tf.function(model.embed_features)
        model.feature_listener = self._remember

    def end(self):
        self._model.feature_listener = None

    def _computed(self, images):
        if self._rows is None:
            self._rows = self._workers.gather(self._pass_over(images))
            self._seen[:] = True
        self._num_unseen = int(np.sum(~self._seen))
        if self._num_unseen == len(self._seen):
            raise ValueError(
                "Cached features need the index of each image in the batches. "
                "Received: none since the last clustering. Use "
                "clustered_dataset(..., with_index=True)."
            )
        self._seen[:] = False
        return scale_to_unit(self._own_rows())

    def _own_rows(self):
        # Every worker remembers the features of all images.
        workers = self._workers
        own = own_part(self._num_images, workers.num, workers.index)
        if not self._of_embedding:
            return self._rows[own].copy()
        with self._strategy.scope():
            return extract_own(self._embed, self._rows[own]).rows

    def logs(self):
        return {"recluster_unseen": self._num_unseen}

    def get_state(self):
        # Nothing is remembered before the first clustering.
        if self._rows is None:
            return {}
        return {"rows": self._rows, "seen": self._seen}

    def set_state(self, state):
        if "rows" in state:
            self._rows, self._seen = state["rows"], state["seen"]

    def _remember(self, indices, features):
        if self._rows is None:
            return  # The first clustering has all images anyway.
        self._rows[indices] = features
        self._seen[indices] = True


def _function_of(model, cluster_on):
    """What the images are passed through, as a graph of its own."""
    if cluster_on == "embedding":
        return traced(model)
    if cluster_on == "features" and hasattr(model, "features"):
        return tf.function(model.features)
    names = [layer.name for layer in model.layers]
    if cluster_on not in names or declared_inputs(model) is None:
        raise ValueError(
            "cluster_on must be something that the model has. Received: "
            f"{cluster_on!r} for a {type(model).__name__}. Use "
            f'cluster_on="embedding", or a layer of a functional model, here '
            f"one of {', '.join(names)}."
        )
    output = model.get_layer(cluster_on).output
    rows = keras.Model(model.inputs, output)
    return tf.function(lambda images: feature_rows(rows(images), "mean"))
