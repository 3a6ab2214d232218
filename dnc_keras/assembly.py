"""Builds each part of a training from its settings."""

from __future__ import annotations

import contextlib

import tensorflow as tf
from absl import logging

from dnc_keras import datasets
from dnc_keras import images
from dnc_keras import losses
from dnc_keras._keras import dtype_policy
from dnc_keras._keras import keras
from dnc_keras.backbones import build_backbone
from dnc_keras.config import TrainConfig
from dnc_keras.models import DivideAndConquer

ADDONS_PREFIX = "tfa."


def load_dataset(config: TrainConfig) -> datasets.Dataset:
    """Loads the data set, without unreadable images if they are to be skipped.

    Raises:
        ValueError, OSError: where it is not found, or not what it should be.
    """
    dataset = datasets.load(
        config.dataset, config.data_dir or None, **_options(config)
    )
    if config.unreadable == "skip":
        dataset = _without_unreadable(dataset)
    if config.cache:
        dataset = datasets.with_cache(dataset, config.cache)
    return dataset


def _options(config):
    """What the loader of a data set takes beside its folder."""
    if config.dataset == "folder":
        names = tuple(filter(None, config.test_classes.split(",")))
        return {
            "test_fraction": config.test_fraction,
            "test_classes": names or None,
            "seed": config.seed,
        }
    if config.dataset == "vehicle_id":
        return {"test_list": config.test_list, "protocol": config.protocol}
    if config.dataset in datasets.DOWNLOADABLE:
        return {"download": config.download}
    return {}


@contextlib.contextmanager
def unreadable_named(dataset: datasets.Dataset):
    """Names the images that stopped what is inside, which TensorFlow does not.

    Raises:
        ValueError: with the path of the first image that cannot be decoded.
    """
    try:
        yield
    except (tf.errors.InvalidArgumentError, tf.errors.NotFoundError) as error:
        broken = _find_unreadable(dataset)
        if not broken:
            raise
        raise ValueError(
            "Every image must be readable. Received: "
            f"{len(broken)} that are not, the first is {broken[0]}. Repair or "
            "remove them, or use --unreadable=skip."
        ) from error


def _find_unreadable(dataset):
    """One line, path and reason, for each image that cannot be decoded."""
    return [
        f"{path} ({reason})"
        for index in (dataset.train, dataset.test)
        for _, path, reason in images.find_unreadable(
            index.paths, index.contents
        )
    ]


def _without_unreadable(dataset):
    return dataset.without(
        path
        for split in ("train", "test")
        for path in _unreadable_paths(getattr(dataset, split), split)
    )


def _unreadable_paths(index, split):
    broken = images.find_unreadable(index.paths, index.contents)
    if broken:
        logging.warning(
            "Skipped %d of %d unreadable %s images; the first is %s",
            *(len(broken), len(index), split, broken[0][1]),
        )
    return [path for _, path, _ in broken]


def split_train(config: TrainConfig, dataset: datasets.Dataset) -> tuple:
    """The images to train on, and those that choose the epoch, or None."""
    if config.select == "validation":
        return dataset.train.split_classes(
            config.validation_fraction, config.seed
        )
    return dataset.train, dataset.test if config.select == "test" else None


def image_parts(config: TrainConfig, dataset: datasets.Dataset) -> dict:
    """All images by what a training does with them, a dict of `ImageIndex`.

    It has `train`; `held_out` where training classes choose the epoch; and
    `test`, or `query` and `gallery`.
    """
    train, held_out = split_train(config, dataset)
    chooses = {"held_out": held_out} if config.select == "validation" else {}
    return {"train": train, **chooses, **dataset.test_parts}


def build_model(
    config: TrainConfig, num_classes: int | None = None, num_steps: int = 1
) -> DivideAndConquer:
    """A new, compiled model.

    Args:
        config: all settings.
        num_classes: labels are 0 to `num_classes - 1`, for losses that learn
            something of each class.
        num_steps: batches of the whole training, for `schedule=cosine`.
    """
    # Embedding, loss and masks are float32 in any case.
    with dtype_policy(config.mixed_precision):
        backbone = build_backbone(
            config.backbone, config.image_size, config.weights
        )
    model = DivideAndConquer(
        backbone,
        embedding_dim=config.embedding_dim,
        num_learners=config.num_learners,
        masks=config.masks,
        normalization=config.normalization,
        dropout=config.dropout,
        mask_penalty=config.mask_penalty,
        train_batch_norm=config.train_batch_norm,
        seed=config.seed,
    )
    model.compile(
        optimizer=_optimizer(config, num_steps),
        loss=build_loss(config, num_classes),
        learning_rate_multipliers=_multipliers(config),
        weight_decay=config.weight_decay,
        jit_compile=config.jit_compile,
    )
    return model


def _optimizer(config, num_steps):
    # Epsilon as in torch, which the papers used.
    adam = keras.optimizers.Adam(
        _learning_rate(config, num_steps), epsilon=1e-8
    )
    if config.mixed_precision == "mixed_float16":
        return keras.mixed_precision.LossScaleOptimizer(adam)
    return adam


def _learning_rate(config, num_steps):
    if config.schedule == "constant":
        return config.learning_rate
    return keras.optimizers.schedules.CosineDecay(
        config.learning_rate, num_steps
    )


def _multipliers(config):
    """Of the groups whose learning rate differs, now or in some epochs."""
    multipliers = {"masks": config.mask_multiplier}
    if config.embedding_multiplier != 1.0:
        multipliers["embedding"] = config.embedding_multiplier
    if config.loss_multiplier != 1.0:
        multipliers["loss"] = config.loss_multiplier
    if config.frozen_epochs:
        multipliers["backbone"] = 1.0
    return multipliers


def build_loss(config: TrainConfig, num_classes: int | None = None):
    """The loss object of `config.loss`; labels are 0 to `num_classes - 1`."""
    if config.loss.startswith(ADDONS_PREFIX):
        return _addons_loss(config.loss[len(ADDONS_PREFIX) :])
    if config.loss not in losses.BY_NAME:
        raise ValueError(
            f"loss must be one of {', '.join(losses.BY_NAME)}, or tfa.NAME "
            f"such as tfa.TripletSemiHardLoss. Received: {config.loss!r}."
        )
    return losses.BY_NAME[config.loss](**_loss_arguments(config, num_classes))


def _loss_arguments(config, num_classes):
    if config.loss == "margin":
        return {
            "margin": config.margin,
            "beta": config.beta,
            "num_classes": num_classes if config.learn_beta else None,
            "negatives": config.negatives,
            # Where a negative pair costs nothing any more.
            "nonzero_loss_cutoff": config.beta + config.margin,
        }
    if config.loss == "proxy_anchor":
        return {
            "num_classes": num_classes,
            "embedding_dim": config.embedding_dim,
            "seed": config.seed,
        }
    return {}


def _addons_loss(name):
    try:
        from tensorflow_addons import losses as addons_losses
    except ImportError as error:
        raise ValueError(
            f"loss=tfa.{name} needs tensorflow-addons, which exists for "
            "TensorFlow 2.15 and Python 3.9 to 3.11. Use one of "
            f"{', '.join(losses.BY_NAME)}, or "
            'pip install "dnc-keras[tensorflow]" on such a Python.'
        ) from error
    if not hasattr(addons_losses, name):
        raise ValueError(
            "loss must name a class of tensorflow_addons.losses. "
            f"Received: {name!r}. Use for example tfa.TripletSemiHardLoss."
        )
    return getattr(addons_losses, name)()
