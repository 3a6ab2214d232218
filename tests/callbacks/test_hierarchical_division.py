"""Recluster cuts clusters in two until all learners have one."""

import numpy as np
from helpers.feature_models import recluster
from helpers.feature_models import run_epochs
from helpers.feature_models import same_partition

import dnc_keras as dnc

# Four clusters in two pairs, two classes in each.
FOUR_LABELS = np.repeat(np.arange(8), 4)
FOUR = FOUR_LABELS // 2
PAIRS_OF_CORNERS = np.array(
    [[9, 0, 1], [9, 0, -1], [-9, 1, 0], [-9, -1, 0]], np.float32
)


def hierarchical(num_epochs=8, **kwargs):
    sampler = dnc.ClusterSampler(FOUR_LABELS, 4, 8, 2)
    noise = np.random.default_rng(0).normal(size=[32, 3]).astype(np.float32)
    features = PAIRS_OF_CORNERS[FOUR] + 0.1 * noise
    return recluster(
        features, sampler, num_epochs, division="hierarchical", **kwargs
    )


def test_a_hierarchical_division_doubles_until_all_learners_have_a_cluster():
    callback, sampler = hierarchical()
    stages = [
        (len(set(sampler.assignment)), callback.model.num_active_learners)
        for _ in run_epochs(callback, sampler, 8)
    ]
    assert stages == [(1, 1)] * 2 + [(2, 2)] * 2 + [(4, 4)] * 4
    assert same_partition(sampler.assignment, FOUR)


def test_both_halves_of_a_cluster_go_to_the_learners_it_became():
    callback, sampler = hierarchical(every=1)
    assignments, agreements = [], []
    for _, logs in run_epochs(callback, sampler, 4):
        assignments.append(sampler.assignment)
        agreements.append(logs)
    np.testing.assert_array_equal(assignments[2] // 2, assignments[1])
    assert [logs["recluster_agreement"] for logs in agreements] == [1.0] * 4
    assert [logs["recluster_clusters"] for logs in agreements] == [2, 4, 4, 4]


def test_a_division_that_fails_does_not_double_the_learners(caplog):
    callback, sampler = hierarchical(every=1)
    callback.on_train_begin()
    # One image is far from all others: no half of it can give a batch.
    callback.images = np.where(np.arange(32) == 0, 9.0, 0.0)[:, None] + [1.0, 0]
    callback.on_epoch_end(0, {})
    assert callback.model.num_active_learners == 1
    assert set(sampler.assignment) == {0}
    assert "Kept the assignment before" in caplog.text


def test_classes_double_too_and_stay_whole():
    for divide in ("classes", "random_classes"):
        callback, sampler = hierarchical(every=1, divide=divide)
        stages = []
        for _ in run_epochs(callback, sampler, 4):
            by_class = sampler.assignment.reshape(8, 4)
            assert (by_class == by_class[:, :1]).all()
            stages.append(by_class[:, 0])
        assert [len(set(stage)) for stage in stages] == [1, 2, 4, 4]
        np.testing.assert_array_equal(stages[2] // 2, stages[1])
