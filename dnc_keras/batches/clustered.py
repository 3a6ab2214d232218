"""The batches of a `ClusterSampler`, for `model.fit`."""

from __future__ import annotations

import copy
import inspect

import numpy as np
import tensorflow as tf

from dnc_keras.arrays.workers import workers_of
from dnc_keras.support.checks import check_count_or_zero
from dnc_keras.support.checks import check_divides
from dnc_keras.support.checks import check_shard
from dnc_keras.support.pipelines import map_in_parallel

# Each time that Python hands something to a pipeline takes its time.
_STEPS_AT_ONCE = 16


def clustered_dataset(
    sampler,
    load_image,
    num_shards=1,
    shard=0,
    with_index=False,
    first_step=0,
    batched=False,
):
    """The batches of a `ClusterSampler`, for `model.fit`.

    Each pass over the dataset is the epoch `sampler.epoch`, with the
    assignment that the sampler has when the pass begins. The `Recluster`
    callback sets both; without it every epoch has the same batches.

    Args:
        sampler: a `ClusterSampler`.
        load_image: the user's own function from the index of an image, an
            int64 scalar tensor, to what the model takes for it: an image
            tensor, a vector, text, token ids, or a dict or tuple of such, all
            of one shape. It may take a second argument `seed`, a `[2]` int64
            tensor of its own for each image drawn, for augmentation with
            `tf.image.stateless_*`. It is traced as in `tf.data.Dataset.map`;
            use `tf.py_function` inside it for plain Python: as that forgets
            shapes, those of the first image are taken for all.
        num_shards: number of workers that share each batch; must divide the
            sampler's batch size. No worker reads an image of another.
        shard: which part of each batch this is, 0 to `num_shards - 1`; the
            parts of all shards, one after the other, are the batch.
        with_index: whether the target tells the index of each image, for
            `Recluster(source="cached")`.
        first_step: where each pass begins; the steps before are left out.
        batched: whether `load_image` takes `[batch_size]` indices, and
            `[batch_size, 2]` seeds, and returns what the model takes for all
            of them: far faster for arrays, as `lambda indices:
            tf.gather(vectors, indices)`.

    Returns:
        A `tf.data.Dataset` of `sampler.num_steps - first_step` elements
        `(images, target)`, the target a dict of `label` and `learner`, int32
        each, and `index`, int64, if asked for, all of `batch_size /
        num_shards` rows.

    Example:

    >>> sampler = ClusterSampler([0, 0, 1, 1], 1, 4, 2)
    >>> dataset = clustered_dataset(sampler, lambda index: tf.ones([8, 8, 3]))
    >>> images, target = next(iter(dataset))
    >>> images.shape, target["learner"].numpy()
    (TensorShape([4, 8, 8, 3]), array([0, 0, 0, 0], dtype=int32))
    """
    check_divides("num_shards", num_shards, "batch_size", sampler.batch_size)
    check_shard(num_shards, shard)
    check_count_or_zero("first_step", first_step)
    num_rows = sampler.batch_size // num_shards
    part = slice(shard * num_rows, (shard + 1) * num_rows)
    load = _with_shape(with_seed(load_image), num_rows if batched else None)
    told = ("label", "learner") + ("index",) * with_index

    def load_with_target(row):
        target = {name: row[name] for name in told}
        return load(row["index"], row["seed"]), target

    dataset = tf.data.Dataset.from_generator(
        lambda: _steps_of_an_epoch(sampler, part, first_step),
        output_signature={
            "index": tf.TensorSpec([None, num_rows], tf.int64),
            "label": tf.TensorSpec([None, num_rows], tf.int32),
            "learner": tf.TensorSpec([None, num_rows], tf.int32),
            "seed": tf.TensorSpec([None, num_rows, 2], tf.int64),
        },
    ).unbatch()
    if batched:
        dataset = map_in_parallel(dataset, load_with_target)
        # tf.distribute cuts a batch where it finds `batch`.
        if tf.distribute.get_strategy().num_replicas_in_sync > 1:
            dataset = dataset.unbatch().batch(num_rows, drop_remainder=True)
    else:
        dataset = map_in_parallel(dataset.unbatch(), load_with_target)
        dataset = dataset.batch(num_rows, drop_remainder=True)
    dataset = dataset.apply(
        tf.data.experimental.assert_cardinality(sampler.num_steps - first_step)
    )
    return dataset.prefetch(2)


def distributed(strategy, dataset_of):
    """What `model.fit` takes from several workers, each with its own images.

    A dataset that is handed to `fit` as it is would be read as a whole by
    each worker, which then leaves most of it out.

    Args:
        strategy: a `tf.distribute.Strategy`.
        dataset_of: function from (num_shards, shard) to the batches of a
            worker, such as those of `clustered_dataset`.

    Returns:
        With one worker its dataset, else a `tf.distribute.DistributedDataset`,
        which `fit` takes with `steps_per_epoch`; on Keras 2 for one epoch.
    """

    def dataset_of_worker(context):
        num_local = len(strategy.extended.worker_devices)
        dataset = dataset_of(
            context.num_input_pipelines, context.input_pipeline_id
        )
        if num_local == 1:
            return dataset
        # The replicas of a worker take its elements in turn.
        num_rows = tf.nest.flatten(dataset.element_spec)[0].shape[0]
        check_divides("num_replicas", num_local, "batch_size", num_rows)
        return dataset.unbatch().batch(
            num_rows // num_local, drop_remainder=True
        )

    if workers_of(strategy).num == 1:
        return dataset_of(1, 0)
    return strategy.distribute_datasets_from_function(dataset_of_worker)


def _steps_of_an_epoch(sampler, part, first_step):
    sampler = copy.copy(sampler)  # What changes now is for the next pass.
    for start in range(first_step, sampler.num_steps, _STEPS_AT_ONCE):
        end = min(start + _STEPS_AT_ONCE, sampler.num_steps)
        yield _rows_of_steps(sampler, np.arange(start, end), part)


def _rows_of_steps(sampler, steps, part):
    """The rows of one part of each batch, `[num_steps, num_rows]` arrays."""
    epoch, batch_size = sampler.epoch, sampler.batch_size
    indices, learners = zip(*(sampler.batch(epoch, step) for step in steps))
    indices = np.stack(indices)[:, part]
    rows = (steps[:, None] * batch_size + np.arange(batch_size))[:, part]
    seeds = np.full_like(rows, _mix(sampler.seed, epoch))
    return {
        "index": indices,
        "label": sampler.labels[indices],
        "learner": np.broadcast_to(np.c_[list(learners)], rows.shape),
        "seed": np.stack([seeds, rows], axis=-1),
    }


def _mix(seed, epoch):
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])


def with_seed(load_image):
    """A loader that takes a seed, of one that may or may not."""
    if "seed" in inspect.signature(load_image).parameters:
        return load_image
    return lambda index, seed: load_image(index)


def _with_shape(load, num_rows):
    """A loader whose results have static shapes, which Keras 3 needs."""
    shape = () if num_rows is None else (num_rows,)

    def dataset_of(load):
        index = tf.zeros([1, *shape], tf.int64)
        seed = tf.zeros([1, *shape, 2], tf.int64)
        return tf.data.Dataset.from_tensor_slices((index, seed)).map(load)

    specs = dataset_of(load).element_spec
    if all(_is_known(spec) for spec in tf.nest.flatten(specs)):
        return load
    first = next(iter(dataset_of(load)))

    def load_shaped(index, seed):
        return tf.nest.map_structure(
            lambda x, like: tf.ensure_shape(x, like.shape),
            load(index, seed),
            first,
        )

    return load_shaped


def _is_known(spec):
    # Ragged rows and other kinds have no shape to set.
    if not isinstance(spec, tf.TensorSpec):
        return True
    return spec.shape.is_fully_defined()
