"""Batches from one cluster, with several images of each class."""

from __future__ import annotations

import numpy as np

from dnc_keras.support.checks import check_choice
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_count_or_zero
from dnc_keras.support.checks import check_divides
from dnc_keras.support.labels import class_ids

WHOLE = -1  # The learner id that means the whole embedding.
TURNS = ("equal", "proportional")
FILLS = ("repeat", "others")
# Multiples of it, modulo 1, are spread evenly however many there are.
_GOLDEN_RATIO = (5**0.5 - 1) / 2


class ClusterSampler:
    """Decides which images make a batch, and which learner it trains.

    A batch comes from one cluster. It holds `batch_size / samples_per_class`
    classes of its cluster and `samples_per_class` images of each. A cluster
    with fewer classes gives more images of each class.

    A batch is a pure function of the seed, the epoch, the step and the
    assignment: nothing is remembered between calls, so prefetching and extra
    iterators change nothing, and a run can be continued anywhere. `epoch`,
    `assignment`, `in_turn` and `whole_embedding` are set by the `Recluster`
    callback; before its first clustering all images are cluster 0. A deep copy
    is the sampler itself: what copies callbacks, such as KerasTuner for each
    trial, still drives the sampler that the batches come from.

    Reference: Sanakoyeu et al., CVPR 2019, section 3.2; the balanced batches
    are those of Wu et al., ICCV 2017, 4 images of 20 classes in both papers.

    Args:
        labels: `[num_images]` labels of any type that sorts: integers of any
            size, text, booleans, floats, dates, a column of pandas.
        num_clusters: number of clusters to divide the images into.
        batch_size: images of a batch; 80 as in the papers.
        samples_per_class: images of one class in a batch; must divide
            `batch_size`. 4 as in the CVPR 2019 paper.
        seed: fixes all draws.
        turns: "equal", the default, gives each cluster the same number of
            batches, as both papers' codes do; "proportional" gives it as many
            as it has images, so that none is seen more often than others.
        fill: what stands in for the missing images of a class that has fewer
            than asked for: "repeat", the default, its own ones again (the CVPR
            2019 code); "others", other images of the cluster (the adaptive
            batches of the TPAMI 2021 code).
        num_steps: batches of an epoch. None, the default: as many as the
            images fill, but one for each cluster at least. The rules by which
            the papers' codes merge clusters ("max", "min") both give each
            cluster equally many batches and differ in this number alone.

    Attributes:
        labels: `[num_images]` int64, the number of each image's class, 0 to
            `num_classes - 1`, in the order in which the labels sort. Losses
            get these.
        class_names: `[num_classes]`, what the labels were.

    Raises:
        ValueError: for labels that miss or are one-hot, and for numbers that
            make no batch.
        TypeError: for labels that do not sort.

    Example:

    >>> sampler = ClusterSampler(
    ...     [0, 0, 1, 1], num_clusters=1, batch_size=4, samples_per_class=2
    ... )
    >>> indices, learner = sampler.batch(epoch=0, step=0)
    >>> sorted(indices.tolist()), learner
    ([0, 1, 2, 3], 0)
    """

    def __init__(
        self,
        labels,
        num_clusters,
        batch_size=80,
        samples_per_class=4,
        seed=0,
        turns="equal",
        fill="repeat",
        num_steps=None,
    ):
        for name, count in (
            ("num_clusters", num_clusters),
            ("batch_size", batch_size),
            ("samples_per_class", samples_per_class),
            ("num_steps", 1 if num_steps is None else num_steps),
        ):
            check_count(name, count)
        check_count_or_zero("seed", seed)
        check_choice("turns", turns, TURNS)
        check_choice("fill", fill, FILLS)
        check_divides(
            "samples_per_class", samples_per_class, "batch_size", batch_size
        )
        if batch_size < 2 * samples_per_class:
            raise ValueError(
                "A batch needs two classes at least. Received: batch_size="
                f"{batch_size}, samples_per_class={samples_per_class}. Use "
                f"batch_size={2 * samples_per_class} or more."
            )
        self.labels, self.class_names = class_ids(labels)
        self.num_clusters = num_clusters
        self.batch_size = batch_size
        self.samples_per_class = samples_per_class
        self.seed = seed
        self.turns = turns
        self.fill = fill
        # The same for each clustering: Keras stops a training whose epochs
        # change their length.
        self.num_steps = num_steps or max(
            len(self.labels) // batch_size, num_clusters
        )
        self.epoch = 0
        self.whole_embedding = False
        self.in_turn = False
        self.update(np.zeros(len(self.labels), np.int32))

    def update(self, assignment):
        """Takes a new division of the images.

        Args:
            assignment: `[num_images]` integers, the cluster of each image, 0
                to `num_clusters - 1`; -1 leaves an image out.

        Raises:
            ValueError: for a wrong shape or id, for a cluster without images
                between others, and for a cluster with a single class, which
                has no negative pairs. The old assignment is kept.
        """
        assignment = np.array(assignment, np.int32)
        self._check_ids(assignment)
        pools = [
            _images_by_class(np.flatnonzero(assignment == cluster), self.labels)
            for cluster in range(assignment.max() + 1)
        ]
        for cluster, pool in enumerate(pools):
            self._check_classes(cluster, pool)
        self.assignment = assignment
        self._pools = pools
        # Of this division alone: copies from before it go on with their own.
        self._epochs_read = []

    def batch(self, epoch, step):
        """One batch.

        Args:
            epoch: integer from 0 on.
            step: integer, 0 to `num_steps - 1`.

        Returns:
            (indices, learner): `[batch_size]` int64 array of images, and the
            id of the learner that they train, -1 for the whole embedding.
        """
        self._epochs_read.append(epoch)
        random = np.random.default_rng([self.seed, epoch, step])
        turn = epoch * self.num_steps + step
        cluster = self._cluster_at(turn)
        draw = self._draw if self.fill == "repeat" else self._draw_once
        indices = draw(self._pools[cluster], random)
        learner = turn % self.num_clusters if self.in_turn else cluster
        return indices, WHOLE if self.whole_embedding else learner

    def num_read(self, epoch) -> int:
        """How many batches of an epoch were read since the last `update`."""
        return self._epochs_read.count(epoch)

    def __deepcopy__(self, memo):
        return self

    def _cluster_at(self, turn):
        """The cluster whose turn it is, counted from the first epoch on."""
        if self.turns == "equal":
            return turn % len(self._pools)
        sizes = [sum(map(len, pool)) for pool in self._pools]
        share = (turn + 0.5) * _GOLDEN_RATIO % 1.0 * sum(sizes)
        return int(np.searchsorted(np.cumsum(sizes), share, side="right"))

    def _draw(self, pool, random):
        num_groups = self.batch_size // self.samples_per_class
        classes = _cycle(np.arange(len(pool)), num_groups, random)
        chosen, groups = np.unique(classes, return_counts=True)
        return np.concatenate(
            [
                _cycle(pool[c], n * self.samples_per_class, random)
                for c, n in zip(chosen, groups)
            ]
        )

    def _draw_once(self, pool, random):
        """No image twice, while the cluster has others."""
        num_classes = min(self.batch_size // self.samples_per_class, len(pool))
        num_each = -(-self.batch_size // num_classes)
        classes = random.choice(len(pool), num_classes, replace=False)
        drawn = np.concatenate(
            [random.permutation(pool[c])[:num_each] for c in classes]
        )[: self.batch_size]
        others = np.setdiff1d(np.concatenate(pool), drawn)
        others = random.permutation(others)[: self.batch_size - len(drawn)]
        return _cycle(np.append(drawn, others), self.batch_size, random)

    def _check_ids(self, assignment):
        if assignment.shape != self.labels.shape:
            raise ValueError(
                "assignment must have one entry for each image. Received: "
                f"shape {assignment.shape} for {len(self.labels)} images."
            )
        smallest = assignment.min(initial=0)
        largest = assignment.max(initial=-1)
        if smallest < -1 or not 0 <= largest < self.num_clusters:
            raise ValueError(
                f"Clusters must be 0 to {self.num_clusters - 1}, or -1 for "
                f"unused images. Received: {smallest} to {largest}."
            )

    def _check_classes(self, cluster, pool):
        if len(pool) >= 2:
            return
        raise ValueError(
            "A cluster needs two classes at least, for pairs that are not "
            f"alike. Received: {len(pool)} in cluster {cluster} of "
            f"{self.num_clusters}. Use fewer learners (num_learners, "
            "num_clusters) or more classes."
        )


def _images_by_class(indices, labels):
    """The images of each class among `indices`, as a list of arrays."""
    order = indices[np.argsort(labels[indices], kind="stable")]
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    return np.split(order, cuts) if len(order) else []


def _cycle(items, count, random):
    """`count` items: all of them once before any comes again."""
    rounds = -(-count // len(items))
    return np.concatenate([random.permutation(items) for _ in range(rounds)])[
        :count
    ]
