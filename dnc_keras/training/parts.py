"""Sampler, batches and callbacks of a training run, from its settings."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.batches.clustered import clustered_dataset
from dnc_keras.batches.clustered import distributed
from dnc_keras.batches.sampler import ClusterSampler
from dnc_keras.callbacks import FreezeBackbone
from dnc_keras.callbacks import Recluster


def build_sampler(config, index) -> ClusterSampler:
    """The sampler of the images of an `ImageIndex`."""
    return ClusterSampler(
        index.labels,
        config.num_learners,
        config.batch_size,
        config.samples_per_class,
        config.seed,
        turns=config.turns,
        fill=config.fill,
        num_steps=config.steps_per_epoch or None,
    )


def build_recluster(config, images, sampler) -> Recluster:
    """The callback that divides the images among the learners."""
    return Recluster(
        images,
        sampler,
        every=config.recluster_every,
        whole_embedding_from=config.epoch_of(config.whole_embedding_from),
        one_cluster_from=config.epoch_of(config.one_cluster_from),
        seed=config.seed,
        division=config.division,
        cluster_on=config.cluster_on,
        source=config.recluster_features,
        min_drift=config.recluster_drift,
        divide=config.divide,
    )


def build_freezing(config) -> list:
    """The callback that holds the backbone in some epochs, if any."""
    if not config.frozen_epochs:
        return []
    return [FreezeBackbone(config.frozen_epochs, config.recluster_every)]


def build_tensorboard(run) -> keras.callbacks.TensorBoard:
    """The callback that writes the curves of a `RunDirectory`."""
    return _TensorBoard(
        str(run.tensorboard), write_graph=False, profile_batch=0
    )


class _TensorBoard(keras.callbacks.TensorBoard):
    """Keras' own; in Keras 2 it shows no learning rate but of schedules."""

    def on_epoch_end(self, epoch, logs=None):
        rate = tf.convert_to_tensor(self.model.optimizer.learning_rate)
        super().on_epoch_end(epoch, {**logs, "learning_rate": float(rate)})


def build_batches(config, loading, index, sampler, strategy, wait):
    """Makes the function from the first step of an epoch to its batches.

    Args:
        config: all settings.
        loading: the `Loading` that reads them.
        index: the `ImageIndex` of the training images.
        sampler: their `ClusterSampler`.
        strategy: the `tf.distribute.Strategy` that trains on the batches.
        wait: the `WaitClock` that measures how long they take.
    """
    load_image = loading.training_loader(index)

    def batches_from(first_step):
        def dataset_of(num_shards, shard):
            dataset = clustered_dataset(
                sampler,
                load_image,
                num_shards,
                shard,
                with_index=config.recluster_features == "cached",
                first_step=first_step,
                batched=loading.is_batched,
            )
            return wait.time(dataset)

        return distributed(strategy, dataset_of)

    return batches_from
