"""Divides the images among the learners again, every few epochs."""

from __future__ import annotations

import copy
import weakref

from dnc_keras._keras import keras
from dnc_keras.batches.phases import Phases
from dnc_keras.batches.phases import check_start
from dnc_keras.callbacks.calling_fit import fitted_data
from dnc_keras.callbacks.carried_division import CarriedDivision
from dnc_keras.callbacks.dividing import Division
from dnc_keras.callbacks.dividing import changes_of
from dnc_keras.callbacks.dividing import check_division
from dnc_keras.callbacks.dividing import check_learners
from dnc_keras.callbacks.dividing import check_passes
from dnc_keras.callbacks.dividing import check_read
from dnc_keras.callbacks.dividing import divide_again
from dnc_keras.callbacks.dividing import merge_sampler
from dnc_keras.callbacks.feature_source import CachedFeatures
from dnc_keras.callbacks.feature_source import FreshFeatures
from dnc_keras.support.checks import check_choice
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_fraction
from dnc_keras.support.checks import check_seed
from dnc_keras.support.progress import step
from dnc_keras.support.stopwatch import Stopwatch

SOURCES = {"fresh": FreshFeatures, "cached": CachedFeatures}


class Recluster(keras.callbacks.Callback):
    """Clusters the training images and hands each cluster to a learner.

    Before the first epoch, and every `every` epochs, the features of all
    images, scaled to length 1, are clustered with k-means; each cluster goes
    to the learner that had most of its images; an image that is alone of its
    class in its cluster is left out until the next time. `divide` does it
    otherwise. The callback also sets the phases: learners first, then the
    whole embedding trained by batches from the clusters, then one cluster. Use
    it with one cluster, too: it tells the sampler the epoch.

    Reference: Sanakoyeu et al., CVPR 2019, section 3.2, and its released code;
    the hierarchical division is that of the TPAMI 2021 follow-up.

    Args:
        images: the training images in the order of the sampler's labels, as
            the model sees them in evaluation: arrays, or a `tf.data.Dataset`
            of batches that is not shuffled; or `VectorRows`, which are
            clustered where they are if the backbone returns what it is given.
            Each of several workers gives its part, such as
            `image_dataset(..., num_shards, shard)`.
        sampler: the `ClusterSampler` of the training data.
        every: epochs between two clusterings; 2 as in both papers.
        whole_embedding_from: the epoch from which every batch trains the whole
            embedding (80 of 200 in the CVPR 2019 code). None: never.
        one_cluster_from: the epoch from which all images are one cluster and
            train the whole embedding (190 of 200). None: never.
        seed: fixes k-means.
        division: "flat" divides the images among all learners at once;
            "hierarchical" begins with one cluster and one learner, and cuts
            each in two at every clustering until there are as many as the
            model has learners, a power of two.
        divide: "images", the default, as both papers do; "classes" clusters
            the means of classes, each of which stays whole; "random_classes"
            deals classes out once; with "none" each learner in turn is trained
            by a batch of all images. The last two need no features.
        cluster_on: "features" of the backbone, as both papers' codes do,
            "embedding", as the CVPR 2019 paper's text says, or the name of a
            layer of another Keras model.
        source: "fresh" passes all images through the model at each clustering;
            "cached" takes the features that training computed, which costs
            nothing but that they are of random crops and older weights. It
            needs batches that name their images: `clustered_dataset(...,
            with_index=True)`.
        min_drift: cluster only if at least this share of the images is nearer
            to the mean of another cluster than to that of its own. 0, the
            default, clusters every time.

    Each `fit` begins anew with its first epoch, unless `Resume` resumes it; a
    deep copy, as KerasTuner makes for each trial, drives the same sampler. A
    `DivideAndConquer` has the clusters in its checkpoints, so that
    `BackupAndRestore` resumes with them (not with cached features).

    Adds to the logs of an epoch what was done after it: `recluster_agreement`,
    the share of images that keep their learner (or go to one of the two that
    it became), `recluster_moved`, the number of images that do not,
    `recluster_dropped`, the number of images left out, `recluster_clusters`,
    the number of clusters, `recluster_inverse_purity`, the share of images
    that are where most of their class are, and `recluster_cut_pairs`, that of
    the pairs of a class that are not in one cluster. With `min_drift` also
    `recluster_drift`; with cached features `recluster_unseen`, the number of
    images that no batch had since the clustering before.

    Raises:
        ValueError: when the first clustering fails. Later the assignment
            before is kept, with a warning.
        RuntimeError: for a dataset that lasts longer than an epoch, as with
            `repeat()` or `steps_per_epoch`; and at the end of an epoch whose
            batches were not read from the sampler with this epoch and its
            clusters: of a dataset that is cached, or of another sampler.
    """

    # Keras 2 need not wait for the loss of each batch.
    _supports_tf_logs = True

    def __init__(
        self,
        images,
        sampler,
        every=2,
        whole_embedding_from=None,
        one_cluster_from=None,
        seed=0,
        division="flat",
        cluster_on="features",
        source="fresh",
        min_drift=0.0,
        divide="images",
    ):
        super().__init__()
        check_count("every", every)
        check_start("whole_embedding_from", whole_embedding_from)
        check_start("one_cluster_from", one_cluster_from)
        check_seed("seed", seed)
        check_fraction("min_drift", min_drift)
        check_choice("source", source, SOURCES)
        check_division(division, divide)
        self.images = images
        self.sampler = sampler
        self.every = every
        self.whole_embedding_from = whole_embedding_from
        self.one_cluster_from = one_cluster_from
        self.seed = seed
        self.division = division
        self.cluster_on = cluster_on
        self.source = source
        self.min_drift = min_drift
        self.divide = divide
        self._stopwatch = Stopwatch()
        self._logs = {}
        self._is_prepared = False
        self._prepared_epoch = None
        self._num_trained = 0
        self._carried = CarriedDivision()
        self._divided = lambda: None

    @property
    def seconds(self):
        """All that the clusterings took so far."""
        return self._stopwatch.total

    def __deepcopy__(self, memo):
        copied = copy.copy(self)
        copied._logs, copied._stopwatch = {}, Stopwatch()
        copied._carried = CarriedDivision()
        return copied

    def set_model(self, model):
        super().set_model(model)
        self._carried.attach(model, self._to_carry)

    def _to_carry(self):
        return self._prepared_epoch, self.sampler.assignment.tolist()

    def get_state(self):
        """What `set_state` needs to go on from here, a dict of arrays."""
        return {
            "assignment": self.sampler.assignment,
            **self._features.get_state(),
        }

    def set_state(self, epoch, state):
        """Goes on with an epoch of an earlier training, as `fit` begins.

        Args:
            epoch: the epoch to begin with; `fit` wants it as `initial_epoch`.
            state: what `get_state` returned in this epoch, or after the one
                before.
        """
        self._features = self._new_source()
        self._features.set_state(state)
        if self.model is not None:
            self._features.begin(self.model)
        self.sampler.update(state["assignment"])
        self._enter(epoch)
        self._is_prepared = True

    def on_train_begin(self, logs=None):
        check_learners(self.model, self.sampler, self.division)
        check_passes(fitted_data(self.model), self.params)
        if not self._is_prepared:
            self._features = self._new_source()
        self._features.begin(self.model)
        # What BackupAndRestore brought is for the epoch that it begins with.
        if not self._is_prepared and not self._carried.is_there:
            self._begin(self.sampler.epoch)
        self._divided = weakref.ref(self.model)

    def on_train_end(self, logs=None):
        self._features.end()
        self._carried.detach(self.model)
        self.sampler.epoch = 0
        self._is_prepared = False

    def on_epoch_begin(self, epoch, logs=None):
        # Another one where `fit` begins later, or a checkpoint came.
        if epoch != self._prepared_epoch or self._carried.is_there:
            self._begin(epoch)
        self._is_prepared = False
        self._num_trained = 0

    def on_train_batch_end(self, batch, logs=None):
        # Keras 3 counts beyond the end where it makes several steps at once.
        num_steps = self.params.get("steps") or batch + 1
        self._num_trained = min(batch + 1, num_steps)

    def on_epoch_end(self, epoch, logs=None):
        check_read(self.sampler, epoch, self._num_trained)
        # Here and not at the next beginning: Keras 2 makes the iterator of an
        # epoch before it calls `on_epoch_begin`.
        self._logs = {}
        self._has_doubled = False
        before = self.sampler.assignment
        if epoch + 1 < self.params["epochs"]:
            self._prepare(epoch + 1)
        if logs is not None:
            changes = changes_of(before, self.sampler, self._has_doubled)
            logs.update(changes, **self._logs)

    def _new_source(self):
        labels = self.sampler.class_names[self.sampler.labels]
        return SOURCES[self.source](labels, self.cluster_on)

    def _begin(self, epoch):
        """Sets the sampler for the first epoch of a `fit`."""
        carried = self._carried.take_for(epoch)
        if carried is None:
            if self._divided() is not self.model:
                # Other learners know nothing of the clusters before.
                merge_sampler(self.sampler)
            self._prepare(epoch, first=True)
        else:
            before, assignment = carried
            self.sampler.update(assignment)
            self._enter(before)
            if before < epoch:
                self._prepare(epoch)

    def _prepare(self, epoch, first=False):
        """Sets the sampler for an epoch."""
        is_together = self.divide == "none" or self.sampler.num_clusters == 1
        if self._enter(epoch) or is_together:
            merge_sampler(self.sampler)
        elif first and self.division == "hierarchical":
            self.model.activate_learners(1)
            merge_sampler(self.sampler)
        elif first or epoch % self.every == 0:
            num_images = len(self.sampler.labels)
            clustering = step(f"clustering {num_images:,} images")
            with self._stopwatch.running(), clustering:
                self._recluster(first)

    def _enter(self, epoch):
        """Sets epoch and phase; tells whether all images are one cluster."""
        phases = Phases(self.whole_embedding_from, self.one_cluster_from)
        self._prepared_epoch = self.sampler.epoch = epoch
        self.sampler.whole_embedding = phases.is_whole_embedding(epoch)
        self.sampler.in_turn = self.divide == "none"
        return phases.is_one_cluster(epoch)

    def _recluster(self, first):
        rules = Division(self.division, self.divide, self.seed, self.min_drift)
        self._has_doubled, logs = divide_again(
            *(self.model, self.sampler, self._features, self.images),
            *(rules, first),
        )
        self._logs.update(logs)
