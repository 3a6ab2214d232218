"""Batches hold what the sampler says, and augmentation repeats itself."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras.batches.clustered import clustered_dataset
from dnc_keras.batches.clustered import distributed
from dnc_keras.batches.sampler import ClusterSampler

# Five images of each of four classes; classes 0 and 1 are cluster 0.
LABELS = np.repeat(np.arange(4), 5)


def _sampler(seed=0):
    sampler = ClusterSampler(
        LABELS, num_clusters=2, batch_size=4, samples_per_class=2, seed=seed
    )
    sampler.update(LABELS // 2)
    return sampler


def _load_index(index):
    """An image whose every pixel is its index."""
    return tf.fill([2, 2, 3], tf.cast(index, tf.float32))


def _seed_as_image(index, seed):
    return seed


def _indices(batches):
    """`[num_steps, batch_size]` image indices of a pass."""
    return np.stack([images[:, 0, 0, 0] for images, _ in batches])


def _seeds(sampler, epoch):
    """`[num_images_of_the_epoch, 2]` seeds that `load_image` receives."""
    sampler.epoch = epoch
    dataset = clustered_dataset(sampler, _seed_as_image)
    return np.concatenate([seeds for seeds, _ in dataset])


def test_a_batch_is_images_with_label_and_learner():
    dataset = clustered_dataset(_sampler(), _load_index)
    for images, target in dataset:
        indices = images[:, 0, 0, 0].numpy().astype(int)
        assert images.shape == (4, 2, 2, 3)
        assert target["label"].dtype == target["learner"].dtype == tf.int32
        np.testing.assert_array_equal(target["label"], indices // 5)
        np.testing.assert_array_equal(target["learner"], indices // 10)


def test_a_pass_is_the_batches_of_the_sampler_in_their_order():
    sampler = _sampler()
    dataset = clustered_dataset(sampler, _load_index)
    expected = [sampler.batch(0, step)[0] for step in range(5)]
    np.testing.assert_array_equal(_indices(dataset), expected)


@pytest.mark.parametrize("first_step", [0, 3, 16, 36])
def test_a_long_pass_is_that_of_the_sampler_wherever_it_begins(first_step):
    sampler = ClusterSampler(LABELS, 2, 4, 2, num_steps=37)
    sampler.update(LABELS // 2)
    batches = list(
        clustered_dataset(
            sampler,
            lambda index, seed: {"index": index, "seed": seed[:, 1]},
            num_shards=2,
            shard=1,
            first_step=first_step,
            batched=True,
        )
    )
    assert len(batches) == 37 - first_step
    for step, (found, target) in enumerate(batches, first_step):
        indices, learner = sampler.batch(0, step)
        np.testing.assert_array_equal(found["index"], indices[2:])
        np.testing.assert_array_equal(
            found["seed"], [4 * step + 2, 4 * step + 3]
        )
        np.testing.assert_array_equal(target["label"], LABELS[indices[2:]])
        np.testing.assert_array_equal(target["learner"], [learner] * 2)


def test_the_cardinality_is_the_number_of_steps():
    dataset = clustered_dataset(_sampler(), _load_index)
    assert dataset.cardinality() == 5  # 20 images in batches of 4
    assert len(list(dataset)) == 5


def test_the_whole_embedding_is_learner_minus_one():
    sampler = _sampler()
    sampler.whole_embedding = True
    dataset = clustered_dataset(sampler, _load_index)
    for _, target in dataset:
        assert target["learner"].numpy().tolist() == [-1] * 4


def test_two_passes_are_equal():
    dataset = clustered_dataset(_sampler(), _load_index)
    np.testing.assert_array_equal(_indices(dataset), _indices(dataset))


def test_another_epoch_has_other_batches():
    sampler = _sampler()
    dataset = clustered_dataset(sampler, _load_index)
    first = _indices(dataset)
    sampler.epoch = 1
    assert not np.array_equal(first, _indices(dataset))


def test_an_extra_iterator_changes_nothing():
    dataset = clustered_dataset(_sampler(), _load_index)
    expected = _indices(dataset)
    next(iter(dataset))
    np.testing.assert_array_equal(_indices(dataset), expected)


def test_what_changes_during_a_pass_is_for_the_next():
    sampler = _sampler()
    dataset = clustered_dataset(sampler, _load_index)
    expected = _indices(dataset)
    batches = iter(dataset)
    received = [next(batches)]
    sampler.epoch = 7
    sampler.update(1 - sampler.assignment)
    received.extend(batches)
    np.testing.assert_array_equal(_indices(received), expected)


def test_every_image_of_every_epoch_has_its_own_seed():
    sampler = _sampler()
    seeds = np.concatenate([_seeds(sampler, epoch) for epoch in range(3)])
    assert seeds.shape == (3 * 5 * 4, 2)
    assert len(np.unique(seeds, axis=0)) == len(seeds)


def test_the_seed_of_a_place_in_an_epoch_is_always_the_same():
    expected = _seeds(_sampler(), epoch=3)
    sampler = _sampler()
    _seeds(sampler, epoch=2)
    np.testing.assert_array_equal(_seeds(sampler, epoch=3), expected)


def test_the_seed_of_an_image_depends_on_the_sampler_s():
    one, other = _seeds(_sampler(), 0), _seeds(_sampler(seed=1), 0)
    assert not (one == other).all(axis=1).any()


def test_replicas_share_a_batch(two_replicas):
    dataset = clustered_dataset(_sampler(), _load_index)
    expected = _indices(dataset)[0]
    distributed = two_replicas.experimental_distribute_dataset(dataset)
    images, _ = next(iter(distributed))
    parts = two_replicas.experimental_local_results(images)
    assert [part.shape[0] for part in parts] == [2, 2]
    received = np.concatenate([part[:, 0, 0, 0] for part in parts])
    np.testing.assert_array_equal(received, expected)


def _shards(sampler, load_image, num_shards):
    """The passes of all workers, each a list of batches."""
    return [
        list(clustered_dataset(sampler, load_image, num_shards, shard))
        for shard in range(num_shards)
    ]


@pytest.mark.parametrize("num_shards", [2, 4])
def test_workers_share_each_batch(num_shards):
    sampler = _sampler()
    (whole,) = _shards(sampler, _load_index, 1)
    for step, parts in enumerate(
        zip(*_shards(sampler, _load_index, num_shards))
    ):
        images, target = whole[step]
        np.testing.assert_array_equal(
            np.concatenate([part for part, _ in parts]), images
        )
        for key in ("label", "learner"):
            np.testing.assert_array_equal(
                np.concatenate([part[key] for _, part in parts]), target[key]
            )


def test_workers_use_the_seeds_of_the_whole_batch():
    sampler = _sampler()
    (((whole, _), *_),) = _shards(sampler, _seed_as_image, 1)
    first, second = _shards(sampler, _seed_as_image, 2)
    np.testing.assert_array_equal(
        np.concatenate([first[0][0], second[0][0]]), whole
    )


def test_one_worker_gets_its_dataset_as_it_is(two_replicas):
    dataset = clustered_dataset(_sampler(), _load_index)
    shared = distributed(
        two_replicas, lambda num_shards, shard: [num_shards, shard, dataset]
    )
    assert shared == [1, 0, dataset]


def test_workers_that_cannot_share_a_batch_are_refused():
    message = "num_shards must divide batch_size. .*num_shards=3"
    with pytest.raises(ValueError, match=message):
        clustered_dataset(_sampler(), _load_index, 3, 0)


@pytest.mark.parametrize("shapes_are_known", [True, False])
def test_whatever_a_loader_returns_comes_in_batches(shapes_are_known):
    texts = np.array([f"image {i}" for i in range(len(LABELS))])

    def load(index):
        if shapes_are_known:
            return {"text": tf.as_string(index), "ids": (index, index * 2**40)}
        text = tf.py_function(lambda i: texts[int(i)], [index], tf.string)
        ids = tf.py_function(
            lambda i: (i, i * 2**40), [index], [tf.int64, tf.int64]
        )
        return {"text": text, "ids": tuple(ids)}

    sampler = ClusterSampler(LABELS, 1, 4, 2)
    dataset = clustered_dataset(sampler, load)
    spec = dataset.element_spec[0]
    assert spec["text"].shape == spec["ids"][0].shape == [4]
    inputs, _ = next(iter(dataset))
    indices, _ = sampler.batch(0, 0)
    assert inputs["ids"][1].numpy().tolist() == (indices * 2**40).tolist()
    expected = map(str, indices) if shapes_are_known else texts[indices]
    assert [t.decode() for t in inputs["text"].numpy()] == list(expected)


@pytest.mark.parametrize(
    "labels",
    [
        LABELS * 2**40 + 2**53,
        (LABELS * 2**32).astype(np.uint64),
        LABELS / 4,
        np.array(list("abcdef"))[LABELS],
        LABELS.reshape(-1, 1),
    ],
    ids=["large", "unsigned", "fractions", "text", "column"],
)
def test_a_loss_sees_the_classes_that_were_drawn(labels):
    sampler = ClusterSampler(labels, 1, 8, 2, num_steps=6)
    dataset = clustered_dataset(sampler, lambda i: i, with_index=True)
    for index, target in dataset:
        np.testing.assert_array_equal(target["label"], LABELS[index])
        names = sampler.class_names[target["label"]]
        np.testing.assert_array_equal(names, labels.reshape(-1)[index])
