"""What is trained on what: the parts that settings name, or the user's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Optional

import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.backbones.vectors import vector_backbone
from dnc_keras.batches.loading import Loading
from dnc_keras.batches.loading import VectorLoading
from dnc_keras.batches.loading import ViewLoading
from dnc_keras.batches.own_loader import check_loader
from dnc_keras.config.data import VECTORS
from dnc_keras.datasets import Dataset
from dnc_keras.datasets.configured import build_loading
from dnc_keras.datasets.configured import check_vectors
from dnc_keras.datasets.configured import split_train
from dnc_keras.datasets.configured import unreadable_named
from dnc_keras.models.configured import build_network
from dnc_keras.models.hidden_layers import new_inputs
from dnc_keras.models.inputs import declared_inputs
from dnc_keras.training.frozen_features import FrozenFeatures
from dnc_keras.training.unused_parts import check_all_used


@dataclasses.dataclass(frozen=True)
class Task:
    """The parts of a training run, from examples to a loss.

    Args:
        dataset: the `Dataset` to train and to measure on.
        loading: the `Loading` of its examples.
        backbone: the Keras model that they are given to.
        loss: a loss of the user's own, or None.
        shown: the `Dataset` as people know it: of images, where `dataset`
            holds their features.
        load_image: the user's own function from an encoded image to what the
            backbone takes, which the export needs, or None.
        whole: with a frozen backbone the model from images to embeddings,
            whose trained layers are to be filled in. None: it is trained.
    """

    dataset: Dataset
    loading: Loading
    backbone: keras.Model
    loss: Optional[object]
    shown: Dataset
    load_image: Optional[Callable] = None
    whole: Optional[keras.Model] = None


def build_task(config, strategy, dataset, own, backbone=None) -> Task:
    """Puts the parts together.

    Args:
        config: all settings.
        strategy: the `tf.distribute.Strategy` to train with.
        dataset: the `Dataset`.
        own: the `OwnParts`.
        backbone: the Keras model, made in the strategy's scope. None: the data
            set is of vectors, which need none.

    Raises:
        ValueError, OSError: for parts that do not fit together, and for images
            whose features cannot be computed.
    """
    check_all_used(config, dataset, own)
    if dataset.train.feature_dim is not None:
        _check_vectors(config, dataset, own, backbone)
    function = None if own.augments_in_model else own.augment
    loading = build_loading(config, dataset, own.load_image, function)
    if backbone is None:
        with strategy.scope():
            backbone = vector_backbone(dataset.train.feature_dim)
    if own.augments_in_model:
        with strategy.scope():
            backbone = _augmented(own.augment, backbone)
    reader = own.name_of_loader(config)
    if reader:
        with unreadable_named(dataset, reader):
            declared = declared_inputs(backbone)
            check_loader(loading.load_image, reader, dataset.train, declared)
    if config.freeze:
        with unreadable_named(dataset, reader):
            return _frozen(
                config, strategy, dataset, loading, backbone, own.loss
            )
    load_image = loading.load_image
    return Task(dataset, loading, backbone, own.loss, dataset, load_image)


def _check_vectors(config, dataset, own, backbone):
    if config.dataset != VECTORS or own.dataset is not None:
        check_vectors(dataset)
    declared = None if backbone is None else declared_inputs(backbone)
    if declared is None or own.name_of_loader(config):
        return
    shape = (None, dataset.train.feature_dim)
    is_one = isinstance(declared, tf.TensorSpec)
    if not (is_one and declared.shape.is_compatible_with(shape)):
        told = tf.nest.map_structure(lambda spec: list(spec.shape), declared)
        raise ValueError(
            f"backbone must take the vectors of {dataset.name}, {list(shape)}. "
            f"Received: one that takes {told}. Begin it with "
            f"Input([{dataset.train.feature_dim}])."
        )


def _augmented(layers, backbone):
    """A backbone that begins with Keras layers."""
    images = tf.TensorSpec([None, None, None, 3])
    inputs = new_inputs(declared_inputs(backbone) or images)
    name = f"augmented_{backbone.name}"
    return keras.Model(inputs, backbone(layers(inputs)), name=name)


def _frozen(config, strategy, dataset, loading, backbone, loss):
    bare = dataclasses.replace(config, head="")
    with strategy.scope():
        features = FrozenFeatures(
            build_network(bare, backbone), loading, config.feature_cache
        )
        known = dataset.with_contents(features.evaluation_rows)
        own_loading = VectorLoading()
        if config.views > 1:
            train, _ = split_train(config, dataset)
            views = features.views(train, config.views, config.seed)
            own_loading = ViewLoading(views, config.views)
        head = vector_backbone(known.train.feature_dim)
        whole = build_network(config, backbone)
    load_image = loading.load_image
    return Task(known, own_loading, head, loss, dataset, load_image, whole)
