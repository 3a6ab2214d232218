"""Divides the images among the learners again, every few epochs."""

from __future__ import annotations

import time

import numpy as np
import tensorflow as tf
from absl import logging

from dnc_keras import clustering
from dnc_keras._keras import keras
from dnc_keras.extraction import extract

NUM_TRIALS = 30  # as in the TPAMI 2021 code


class Recluster(keras.callbacks.Callback):
    """Clusters the training images and hands each cluster to a learner.

    Before the first epoch, and every `every` epochs, the features of all
    images, scaled to length 1, are clustered with k-means; each cluster goes
    to the learner that had most of its images; an image that is alone of its
    class in its cluster is left out until the next time. The callback also
    sets the phases: learners first, then the whole embedding trained by
    batches from the clusters, then one cluster. Use it with one cluster, too:
    it tells the sampler the epoch.

    Reference: Sanakoyeu et al., CVPR 2019, section 3.2, and its released code.

    Args:
        images: the training images in the order of the sampler's labels, as
            the model sees them in evaluation: a `tf.data.Dataset` of batches
            or an array.
        sampler: the `ClusterSampler` of the training data.
        every: epochs between two clusterings; 2 as in both papers.
        whole_embedding_from: the epoch from which every batch trains the whole
            embedding (80 of 200 in the CVPR 2019 code). None: never.
        one_cluster_from: the epoch from which all images are one cluster and
            train the whole embedding (190 of 200). None: never.
        seed: fixes k-means.

    To begin with a later epoch, set `sampler.epoch` to it before `fit(...,
    initial_epoch=...)`.

    Adds to the logs `recluster_agreement`: the share of images that keep their
    learner after this epoch; 1 where nothing was clustered.

    Raises:
        ValueError: when the first clustering fails. Later the assignment
            before is kept, with a warning.
    """

    def __init__(
        self,
        images,
        sampler,
        every=2,
        whole_embedding_from=None,
        one_cluster_from=None,
        seed=0,
    ):
        super().__init__()
        if every < 1:
            raise ValueError(
                "every counts epochs and must be 1 or more. "
                f"Received: every={every}."
            )
        self.images = images
        self.sampler = sampler
        self.every = every
        self.whole_embedding_from = whole_embedding_from
        self.one_cluster_from = one_cluster_from
        self.seed = seed
        self.seconds = 0.0

    def on_train_begin(self, logs=None):
        self._features = tf.function(self.model.features)
        self._prepare(self.sampler.epoch, first=True)

    def on_epoch_begin(self, epoch, logs=None):
        # Differs where `fit` was told to begin with a later epoch.
        self.sampler.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        # Here and not at the next beginning: Keras 2 makes the iterator of an
        # epoch before it calls `on_epoch_begin`.
        before = self.sampler.assignment
        if epoch + 1 < self.params["epochs"]:
            self._prepare(epoch + 1)
        if logs is not None:
            logs["recluster_agreement"] = _agreement(
                before, self.sampler.assignment
            )

    def _prepare(self, epoch, first=False):
        """Sets the sampler for an epoch."""
        merged = _reached(epoch, self.one_cluster_from)
        self.sampler.epoch = epoch
        self.sampler.whole_embedding = merged or _reached(
            epoch, self.whole_embedding_from
        )
        if merged or self.sampler.num_clusters == 1:
            self._merge()
        elif first or epoch % self.every == 0:
            self._recluster(first)

    def _merge(self):
        together = np.zeros_like(self.sampler.assignment)
        self.sampler.update(
            clustering.drop_singletons(together, self.sampler.labels)
        )

    def _recluster(self, first):
        start = time.perf_counter()
        features = self._unit_features()
        for trial in range(NUM_TRIALS):
            assignment = self._cluster(features, trial)
            try:
                _check_none_is_empty(assignment, self.sampler.num_clusters)
                self.sampler.update(assignment)
                break
            except ValueError as error:
                failure = error
        else:
            self._give_up(failure, first)
        self.seconds += time.perf_counter() - start

    def _unit_features(self):
        features = extract(self._features, self.images)
        expected = len(self.sampler.labels)
        if len(features) != expected:
            raise ValueError(
                "images must be those of the sampler's labels, in their "
                f"order. Received: {len(features)} images, {expected} labels."
            )
        lengths = np.linalg.norm(features, axis=1, keepdims=True)
        features /= np.maximum(lengths, 1e-12)
        return features

    def _cluster(self, features, trial):
        result = clustering.kmeans(
            features, self.sampler.num_clusters, seed=self.seed + trial
        )
        assignment = result.assignment
        # Also in a second `fit`; at the very first all images are cluster 0.
        if self.sampler.assignment.max() > 0:
            assignment = clustering.match_clusters(
                self.sampler.assignment, assignment
            )
        return clustering.drop_singletons(assignment, self.sampler.labels)

    def _give_up(self, failure, first):
        if first:
            raise failure
        logging.warning(
            "Kept the assignment before: %d clusterings failed, the last one "
            "with: %s",
            NUM_TRIALS,
            failure,
        )


def _check_none_is_empty(assignment, num_clusters):
    # The sampler cannot know: it takes a division into fewer clusters.
    empty = sorted(set(range(num_clusters)) - set(assignment.tolist()))
    if empty:
        raise ValueError(
            "A cluster needs images. Received: none in cluster "
            f"{empty[0]} of {num_clusters}. Use fewer learners (num_learners, "
            "num_clusters), or look for images that are all alike."
        )


def _reached(epoch, start):
    return start is not None and epoch >= start


def _agreement(before, after):
    used = (before >= 0) & (after >= 0)
    return float(np.mean(before[used] == after[used])) if used.any() else 0.0
