"""What a batch of `ClusterSampler` is made of."""

import copy
import itertools

import numpy as np
import pytest

import dnc_keras as dnc

# Six classes of four images; classes 0, 1, 2 are cluster 0, the others 1.
LABELS = np.repeat(np.arange(6), 4)
HALVES = LABELS // 3


def divided(**kwargs):
    arguments = {"num_clusters": 2, "batch_size": 4, "samples_per_class": 2}
    sampler = dnc.ClusterSampler(LABELS, **{**arguments, **kwargs})
    sampler.update(HALVES)
    return sampler


def batches(sampler, num_epochs=3):
    for epoch, step in itertools.product(
        range(num_epochs), range(sampler.num_steps)
    ):
        yield sampler.batch(epoch, step)


def test_before_the_first_clustering_all_images_are_cluster_0():
    sampler = dnc.ClusterSampler(LABELS, 2, 4, 2)
    assert sampler.assignment.tolist() == [0] * 24
    assert {learner for _, learner in batches(sampler)} == {0}


def test_a_batch_does_not_depend_on_what_was_asked_before():
    first, second = divided(), divided()
    forward = [indices for indices, _ in batches(first)]
    for epoch, step in reversed(list(itertools.product(range(3), range(6)))):
        indices, _ = second.batch(epoch, step)
        np.testing.assert_array_equal(indices, forward[6 * epoch + step])


def test_a_batch_is_the_same_after_another_clustering_and_back():
    sampler = divided()
    before, _ = sampler.batch(1, 2)
    sampler.update(1 - HALVES)
    sampler.batch(1, 2)
    sampler.update(HALVES)
    np.testing.assert_array_equal(sampler.batch(1, 2)[0], before)


@pytest.mark.parametrize("other", ["seed", "epoch", "step"])
def test_a_batch_depends_on_seed_epoch_and_step(other):
    at = {"seed": 0, "epoch": 0, "step": 0}

    def indices(seed, epoch, step):
        # One cluster, so that it is no turn that makes the difference.
        sampler = dnc.ClusterSampler(LABELS, 1, 8, 2, seed=seed)
        return sampler.batch(epoch, step)[0].tolist()

    assert indices(**at) != indices(**{**at, other: 1})


def test_a_batch_has_its_classes_from_one_cluster_and_their_images_once():
    sampler = divided()
    for indices, learner in batches(sampler):
        assert indices.dtype == np.int64
        assert len(set(indices)) == 4
        assert (HALVES[indices] == learner).all()
        _, counts = np.unique(LABELS[indices], return_counts=True)
        assert counts.tolist() == [2, 2]


def test_every_image_is_drawn_some_time():
    drawn = np.concatenate([indices for indices, _ in batches(divided(), 20)])
    assert set(drawn) == set(range(24))


def test_a_cluster_with_few_classes_gives_more_images_of_each():
    # Three classes for four places, four images each: 4 + 2 + 2 of them.
    for indices, _ in batches(divided(batch_size=8)):
        _, counts = np.unique(LABELS[indices], return_counts=True)
        assert sorted(counts) == [2, 2, 4]
        assert len(set(indices)) == 8


def test_a_class_with_too_few_images_repeats_all_of_them():
    sampler = dnc.ClusterSampler([0, 0, 1, 1, 1, 1, 1], 1, 10, 5)
    indices, _ = sampler.batch(0, 0)
    counts = np.bincount(indices, minlength=7)
    assert sorted(counts[:2]) == [2, 3]
    assert counts[2:].tolist() == [1] * 5


def test_clusters_take_turns_also_across_epochs():
    sampler = dnc.ClusterSampler(LABELS, 3, 6, 2)
    sampler.update(LABELS // 2)
    assert sampler.num_steps == 4  # no multiple of the three clusters
    learners = [learner for _, learner in batches(sampler)]
    assert learners == [0, 1, 2] * 4


def test_images_of_minus_1_are_never_drawn():
    sampler = divided()
    assignment = HALVES.copy()
    assignment[[0, 13, 14, 15]] = -1
    sampler.update(assignment)
    drawn = np.concatenate([indices for indices, _ in batches(sampler, 20)])
    assert set(drawn) == set(range(24)) - {0, 13, 14, 15}


def test_whole_embedding_changes_the_learner_and_not_the_images():
    sampler = divided()
    before = list(batches(sampler))
    sampler.whole_embedding = True
    for (indices, _), (now, learner) in zip(before, batches(sampler)):
        assert learner == -1
        np.testing.assert_array_equal(now, indices)


def test_learners_in_turn_share_all_images():
    sampler = dnc.ClusterSampler(np.repeat(np.arange(4), 5), 3, 4, 2)
    alone = [sampler.batch(1, step)[0] for step in range(5)]
    sampler.in_turn = True
    batches = [sampler.batch(1, step) for step in range(5)]
    # Five steps of the epoch before, so the third learner comes first.
    assert [learner for _, learner in batches] == [2, 0, 1, 2, 0]
    for (indices, _), expected in zip(batches, alone):
        np.testing.assert_array_equal(indices, expected)
    sampler.whole_embedding = True
    assert sampler.batch(1, 0)[1] == -1


def test_an_epoch_is_as_long_after_each_clustering():
    sampler = dnc.ClusterSampler(LABELS, 2, 4, 2)
    lengths = {sampler.num_steps}
    uneven = np.where(LABELS < 2, 0, 1)
    unused = np.where(LABELS < 4, HALVES, -1)
    unused[LABELS == 4] = 1
    for assignment in (HALVES, uneven, unused, np.zeros(24)):
        sampler.update(assignment)
        lengths.add(sampler.num_steps)
    assert lengths == {6}


def test_an_epoch_has_one_batch_for_each_cluster_at_least():
    assert dnc.ClusterSampler(LABELS, 3, 24, 4).num_steps == 3


def test_labels_may_be_any_integers():
    sampler = dnc.ClusterSampler([-7, -7, 1000, 1000], 1, 4, 2)
    assert sorted(sampler.batch(0, 0)[0]) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "assignment, message",
    [
        (
            np.where(LABELS < 5, 0, 1),
            "A cluster needs two classes at least, for pairs that are not "
            "alike. Received: 1 in cluster 1 of 2. Use fewer learners "
            "(num_learners, num_clusters) or more classes.",
        ),
        (
            np.ones(24),
            "A cluster needs two classes at least, for pairs that are not "
            "alike. Received: 0 in cluster 0 of 2. Use fewer learners "
            "(num_learners, num_clusters) or more classes.",
        ),
        (
            np.zeros(23),
            "assignment must have one entry for each image. Received: shape "
            "(23,) for 24 images.",
        ),
        (
            np.zeros([24, 1]),
            "assignment must have one entry for each image. Received: shape "
            "(24, 1) for 24 images.",
        ),
        (
            LABELS // 2,
            "Clusters must be 0 to 1, or -1 for unused images. Received: 0 "
            "to 2.",
        ),
        (
            np.full(24, -1),
            "Clusters must be 0 to 1, or -1 for unused images. Received: -1 "
            "to -1.",
        ),
        (
            LABELS - 2,
            "Clusters must be 0 to 1, or -1 for unused images. Received: -2 "
            f"to {max(LABELS) - 2}.",
        ),
    ],
)
def test_a_wrong_assignment_is_refused_and_the_old_one_kept(
    assignment, message
):
    sampler = divided()
    before, _ = sampler.batch(0, 1)
    with pytest.raises(ValueError) as raised:
        sampler.update(assignment)
    assert str(raised.value) == message
    assert sampler.assignment.tolist() == HALVES.tolist()
    np.testing.assert_array_equal(sampler.batch(0, 1)[0], before)


def test_an_assignment_changed_by_its_owner_stays_as_it_was():
    assignment = HALVES.astype(np.int32)
    sampler = divided()
    sampler.update(assignment)
    assignment[:] = -1
    assert sampler.assignment.tolist() == HALVES.tolist()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            {"batch_size": 82, "samples_per_class": 4},
            "samples_per_class must divide batch_size. Received: "
            "batch_size=82, samples_per_class=4. Use batch_size=80 or 84.",
        ),
        (
            {"batch_size": 4, "samples_per_class": 4},
            "A batch needs two classes at least. Received: batch_size=4, "
            "samples_per_class=4. Use batch_size=8 or more.",
        ),
    ],
)
def test_a_batch_that_cannot_be_made_is_refused(arguments, message):
    with pytest.raises(ValueError) as raised:
        divided(**arguments)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    "labels, message",
    [([], "Received: 0 to -1"), ([3, 3], "Received: 1 in cluster 0")],
)
def test_labels_of_fewer_than_two_classes_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        dnc.ClusterSampler(labels, 1)


def test_turns_in_proportion_follow_the_sizes_of_the_clusters():
    sampler = divided(turns="proportional")
    sampler.update(np.where(LABELS < 4, 0, 1))  # 16 and 8 images
    learners = [learner for _, learner in batches(sampler, 50)]
    np.testing.assert_allclose(np.mean(learners), 1 / 3, atol=0.01)
    # Spread evenly: any 12 batches in a row have 4 of cluster 1, or one off.
    sums = np.convolve(learners, np.ones(12), "valid")
    assert 3 <= sums.min() and sums.max() <= 5


def test_turns_in_proportion_do_not_count_unused_images():
    sampler = divided(turns="proportional")
    assignment = np.where(LABELS < 4, 0, 1)
    assignment[LABELS < 2] = -1  # 8 and 8 images
    sampler.update(assignment)
    learners = [learner for _, learner in batches(sampler, 50)]
    np.testing.assert_allclose(np.mean(learners), 1 / 2, atol=0.01)


def test_others_of_the_cluster_fill_in_for_a_small_class():
    labels = [0, 0, 1, 1, 1, 2, 2, 2]
    for seed in range(8):
        sampler = dnc.ClusterSampler(labels, 1, 6, 3, seed, fill="others")
        indices, _ = sampler.batch(0, 0)
        assert len(set(indices)) == 6
        counts = np.bincount(np.take(labels, indices), minlength=3)
        # Two whole classes; where class 0 is one of them, another image too.
        assert sorted(counts) in ([0, 3, 3], [1, 2, 3])


def test_others_take_more_images_of_each_class_before_any_class_comes_twice():
    sampler = divided(batch_size=12, fill="others")
    indices, learner = sampler.batch(0, 0)
    assert set(indices) == set(np.flatnonzero(HALVES == learner))


def test_a_cluster_smaller_than_a_batch_repeats_images():
    sampler = divided(batch_size=16, fill="others")
    indices, learner = sampler.batch(0, 0)
    assert len(indices) == 16
    counts = np.bincount(indices, minlength=24)[HALVES == learner]
    assert sorted(set(counts)) == [1, 2]


def test_the_number_of_steps_can_be_chosen():
    sampler = divided(num_steps=7)
    assert sampler.num_steps == 7
    learners = [learner for _, learner in batches(sampler, 2)]
    assert learners == [0, 1] * 7


@pytest.mark.parametrize("argument", ["turns", "fill"])
def test_unknown_rules_are_refused(argument):
    with pytest.raises(ValueError, match=f"{argument} must be one of"):
        dnc.ClusterSampler(LABELS, 2, 4, 2, **{argument: "other"})


@pytest.mark.parametrize(
    "labels", [np.eye(6)[LABELS], [0, None, 1], [0.5, np.nan]]
)
def test_labels_that_name_no_class_are_refused(labels):
    with pytest.raises(ValueError, match="^labels must"):
        dnc.ClusterSampler(labels, 1, 4, 2)


@pytest.mark.parametrize(
    "name", ["num_clusters", "batch_size", "samples_per_class", "num_steps"]
)
@pytest.mark.parametrize("value", [0, -1, 2.0, True, "2"])
def test_counts_are_integers_above_0(name, value):
    with pytest.raises(ValueError, match=f"{name} must be an integer above 0"):
        divided(**{name: value})


def test_it_knows_what_was_read_of_its_division():
    sampler = divided()
    early = copy.copy(sampler)
    for _ in batches(sampler, num_epochs=2):
        pass
    assert [sampler.num_read(epoch) for epoch in range(3)] == [6, 6, 0]
    sampler.update(HALVES)
    early.batch(1, 0)
    assert sampler.num_read(1) == 0
    copy.copy(sampler).batch(1, 0)
    assert sampler.num_read(1) == 1


def test_a_deep_copy_is_the_sampler_itself():
    sampler = divided()
    assert copy.deepcopy({"of a callback": sampler})["of a callback"] is sampler
