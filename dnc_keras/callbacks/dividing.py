"""Divides the images of a sampler, and checks that a model trains on that."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf
from absl import logging

from dnc_keras import clustering
from dnc_keras.clustering.assignments import count_kept
from dnc_keras.clustering.division import UNITS
from dnc_keras.support.checks import check_choice

_RULE = "Each epoch must read its own batches of Recluster's sampler."
_ADVICE = (
    "Fit on clustered_dataset(sampler, ...) without repeat(), cache() or "
    "steps_per_epoch; for shorter epochs there is num_steps of ClusterSampler."
)
NUM_TRIALS = 30  # as in the TPAMI 2021 code
DIVISIONS = ("flat", "hierarchical")
DIVIDED = (*UNITS, "none")


class Division(NamedTuple):
    """How images are divided; all as for `Recluster`."""

    division: str
    divide: str
    seed: int
    min_drift: float


def check_division(division, divide):
    """Raises ValueError unless `Recluster` can divide so.

    Args:
        division, divide: as for `Recluster`.
    """
    check_choice("division", division, DIVISIONS)
    check_choice("divide", divide, DIVIDED)
    if divide == "none" and division == "hierarchical":
        raise ValueError(
            "A hierarchical division cuts clusters in two. Received: "
            'divide="none". Use division="flat", or divide something.'
        )


def check_learners(model, sampler, division):
    """Raises ValueError unless each cluster of a sampler has its learner.

    Args:
        model: the Keras model that is trained.
        sampler: the `ClusterSampler`.
        division: as for `Recluster`.
    """
    num_learners = getattr(model, "num_learners", None)
    if num_learners is not None and sampler.num_clusters > num_learners:
        raise ValueError(
            "Each cluster needs a learner. Received: num_clusters="
            f"{sampler.num_clusters} for num_learners={num_learners}. Make the "
            f"sampler with num_clusters={num_learners} or fewer."
        )
    has_learners = hasattr(model, "activate_learners")
    fits = num_learners in (None, sampler.num_clusters)
    if division == "hierarchical" and not (has_learners and fits):
        raise ValueError(
            "A hierarchical division needs a DivideAndConquer with as many "
            f"learners as there are clusters. Received: num_learners="
            f"{num_learners}, num_clusters={sampler.num_clusters}. Use "
            'division="flat", or equal numbers.'
        )


def check_passes(data, params):
    """Raises RuntimeError unless each epoch begins a pass over its data.

    A dataset that lasts longer is read ahead: then an epoch has batches from
    before its clustering.

    Args:
        data: what `fit` was given; checked if it is a `tf.data.Dataset`.
        params: those of the callbacks of this `fit`.
    """
    if params["epochs"] == 1 or not isinstance(data, tf.data.Dataset):
        return
    length, num_steps = int(data.cardinality()), params.get("steps")
    # Keras knows no steps where neither the dataset nor `fit` says them.
    if num_steps not in (None, length):
        received = f"{length} batches" if length >= 0 else "unknown length"
        raise RuntimeError(
            f"{_RULE} Received: a dataset of {received} for epochs of "
            f"{num_steps} steps. {_ADVICE}"
        )


def check_read(sampler, epoch, num_steps):
    """Raises RuntimeError unless an epoch's batches came from a sampler.

    Args:
        sampler: the `ClusterSampler`, with the division of this epoch.
        epoch: the epoch that was trained.
        num_steps: the number of batches that it had.
    """
    num_read = sampler.num_read(epoch)
    if num_read < num_steps:
        raise RuntimeError(
            f"{_RULE} Received: {num_steps} steps in epoch {epoch}, {num_read} "
            f"of them of this sampler, epoch and division. {_ADVICE}"
        )


def merge_sampler(sampler):
    """Makes one cluster of all images of a `ClusterSampler`.

    Those that are alone of their class are left out.
    """
    together = np.zeros_like(sampler.assignment)
    sampler.update(clustering.drop_singletons(together, sampler.labels))


def divide_again(model, sampler, source, images, rules, is_first) -> tuple:
    """Divides the images of a sampler, if that may change anything.

    Args:
        model: the Keras model that is trained.
        sampler: the `ClusterSampler` to update.
        source: what gives the features, such as `FreshFeatures`.
        images: the training images.
        rules: the `Division`.
        is_first: whether there is no division before.

    Returns:
        (has_doubled, logs): whether each cluster was cut in two, and what the
        logs of the epoch say of the features, a dict.

    Raises:
        ValueError: where the first division fails.
    """
    size = sampler.num_clusters
    if rules.division == "hierarchical":
        size = model.num_active_learners
    grows = size < sampler.num_clusters
    features, logs = None, {}
    is_due = is_first or grows
    if rules.divide != "random_classes" and (
        is_due or rules.min_drift or source.can_change(images)
    ):
        features = source.collect(images)
        logs = source.logs()
        is_due = is_due or _has_drifted(features, sampler, rules, logs)
    if not is_due:
        return False, logs
    is_new = _divide_sampler(sampler, features, size, grows, rules, is_first)
    if is_new and grows:
        model.double_learners()
    return is_new and grows, logs


def _has_drifted(features, sampler, rules, logs):
    if not rules.min_drift:
        return True
    drift = clustering.drift(features, sampler.assignment)
    logs["recluster_drift"] = drift
    return drift >= rules.min_drift


def _divide_sampler(sampler, features, size, in_two, rules, is_first):
    """Tries until each cluster can give batches with pairs.

    Where all trials fail the division before is kept, with a warning.
    """
    for trial in range(NUM_TRIALS):
        assignment = clustering.divide(
            *(features, sampler.assignment, sampler.labels, size),
            seed=rules.seed + trial,
            in_two=in_two,
            unit=rules.divide,
        )
        try:
            _check_none_is_empty(assignment, size * (1 + in_two))
            sampler.update(assignment)
        except ValueError as error:
            failure = error
        else:
            return True
    if is_first:
        raise failure
    logging.warning(
        "Kept the assignment before: %d clusterings failed, the last one "
        "with: %s",
        *(NUM_TRIALS, failure),
    )
    return False


def changes_of(before, sampler, has_doubled) -> dict:
    """Returns what the logs say of a new division.

    Args:
        before: `[num_images]` integers, the division before.
        sampler: the `ClusterSampler`, with the division now.
        has_doubled: whether each cluster was cut in two.
    """
    now, labels = sampler.assignment, sampler.labels
    kept, used = count_kept(before, now, has_doubled)
    return {
        "recluster_agreement": kept / max(used, 1),
        "recluster_moved": used - kept,
        "recluster_dropped": int(np.sum(now < 0)),
        "recluster_clusters": int(now.max() + 1),
        "recluster_inverse_purity": clustering.inverse_purity(now, labels),
        "recluster_cut_pairs": clustering.cut_pairs(now, labels),
    }


def _check_none_is_empty(assignment, num_clusters):
    # The sampler cannot know: it takes a division into fewer clusters.
    empty = sorted(set(range(num_clusters)) - set(assignment.tolist()))
    if empty:
        raise ValueError(
            "A cluster needs images. Received: none in cluster "
            f"{empty[0]} of {num_clusters}. Use fewer learners (num_learners, "
            "num_clusters), or look for images that are all alike."
        )
