"""The data set of a training run, from its settings."""

from __future__ import annotations

import contextlib

import tensorflow as tf
from absl import logging

from dnc_keras import datasets
from dnc_keras.batches.loading import ImageLoading
from dnc_keras.batches.loading import Loading
from dnc_keras.batches.loading import OwnLoading
from dnc_keras.batches.loading import VectorLoading
from dnc_keras.config import TrainConfig
from dnc_keras.config.data import VECTORS
from dnc_keras.config.settings import DEFAULTS
from dnc_keras.datasets.dropping import drop_files
from dnc_keras.images.augmentation import augmentation
from dnc_keras.images.requirement import REFUSALS
from dnc_keras.images.requirement import one_line
from dnc_keras.support.own_code import import_function
from dnc_keras.support.progress import step

# What TensorFlow raises for an image: its content, its absence, its owner,
# and a folder in its place.
_UNREADABLE = (
    *REFUSALS,
    tf.errors.NotFoundError,
    tf.errors.PermissionDeniedError,
    tf.errors.FailedPreconditionError,
)


def load_dataset(
    config: TrainConfig, refuse_unreadable: bool = True
) -> datasets.Dataset:
    """Loads the data set, without unreadable images if they are to be skipped.

    Args:
        config: a `TrainConfig`.
        refuse_unreadable: whether unreadable vectors, which are found by
            reading all, are an error unless they are skipped.

    Raises:
        ValueError, OSError: where it is not found, or not what it should be.
    """
    options = _options(config, refuse_unreadable)
    _check_used(config, options)
    with step(f"reading data set {config.dataset}"):
        return _load(config, options)


def _load(config, options):
    dataset = datasets.load(config.dataset, config.data_dir or None, **options)
    if config.drop:
        dataset = drop_files(dataset, config.drop, config.data_dir)
    if config.unreadable == "skip":
        dataset = _without_unreadable(dataset)
    if config.cache:
        dataset = datasets.with_cache(dataset, config.cache)
    return dataset


def may_be_vectors(config: TrainConfig) -> bool:
    """Whether only the data set itself tells if it holds images."""
    return config.dataset == VECTORS or datasets.names_own_function(
        config.dataset
    )


def _options(config, refuse_unreadable):
    """What the loader of a data set takes beside its folder."""
    if config.dataset == VECTORS:
        refuse = refuse_unreadable and config.unreadable == "stop"
        return {**_division(config), "refuse_unreadable": refuse}
    if config.dataset == "folder":
        return _division(config)
    if datasets.divides_classes(config.dataset):
        return _division(config) | _columns(config)
    if config.dataset not in datasets.ARCHIVED:
        return {}
    options = {"max_unpacked_gb": config.max_unpacked_gb}
    if config.dataset == "vehicle_id":
        options["test_list"] = config.test_list
        options["protocol"] = config.protocol
    if config.dataset in datasets.DOWNLOADABLE:
        options["download"] = config.download
    return options


def _check_used(config, options):
    """Raises ValueError for a choice of split or column that nobody takes."""
    for name in ("split", "split_seed", "image_column", "label_column"):
        value = getattr(config, name)
        taken = "seed" if name == "split_seed" else name
        if value != DEFAULTS[name] and taken not in options:
            raise ValueError(
                f"{name} has no use with dataset={config.dataset}. Received: "
                f"{value!r}. Drop it."
            )


def _division(config):
    """Which classes to test on."""
    names = tuple(filter(None, config.test_classes.split(",")))
    return {
        "test_fraction": config.test_fraction,
        "test_classes": names or None,
        "seed": config.split_seed,
    }


def _columns(config):
    """What the loaders of any set take: the split, columns, the download."""
    options = {"split": config.split}
    if datasets.names_own_function(config.dataset):
        return options
    options["label_column"] = config.label_column
    if config.dataset != "webdataset":
        options["image_column"] = config.image_column
        options["download"] = config.download
    return options


def build_loading(
    config: TrainConfig,
    dataset: datasets.Dataset,
    load_image=None,
    augment=None,
) -> Loading:
    """How the model is given what a data set holds.

    Args:
        config: all settings.
        dataset: the `Dataset`: images, or vectors.
        load_image: the user's own function, as for `OwnLoading`. None, the
            default: the one that the settings name, if any.
        augment: the user's own function of (image, seed). None, the default:
            what the settings name.
    """
    if load_image is None and config.load_image:
        load_image = import_function(config.load_image, "load_image")
    if load_image is not None:
        return OwnLoading(load_image)
    if dataset.train.feature_dim is not None:
        return VectorLoading()
    return ImageLoading(
        config.image_size,
        config.crop_scale,
        config.flip,
        config.center_crop,
        is_random=config.augment != "none",
        augment=augmentation(augment or config.augment, config.image_size),
    )


@contextlib.contextmanager
def unreadable_named(dataset: datasets.Dataset, loader: str = ""):
    """Names the images that stopped what is inside, which TensorFlow does not.

    Args:
        dataset: the `Dataset` of the images.
        loader: name of the user's function that reads them, if there is one.

    Raises:
        ValueError: with the path of the first image that cannot be decoded, or
            where all can be, with the name of the loader.
    """
    own = (tf.errors.UnknownError,) if loader else ()
    try:
        yield
    except (*_UNREADABLE, *own) as error:
        broken = _find_unreadable(dataset)
        if not broken and loader:
            raise ValueError(
                f"load_image={loader} must read every example, and to one "
                f"shape. Received: {one_line(error).rstrip('.')}. Try it on "
                "each of them alone."
            ) from error
        if not broken:
            raise
        raise ValueError(
            "Every image must be readable. Received: "
            f"{len(broken)} that are not, the first is {broken[0]}. Repair or "
            "remove them, or use --unreadable=skip."
        ) from error


def check_vectors(dataset: datasets.Dataset):
    """Raises ValueError for vectors that nothing can be learned from.

    For data sets that the user made; those of files are checked as they are
    loaded.
    """
    broken = _find_unreadable(dataset)
    if broken:
        raise ValueError(
            "Each vector must be finite, and not all zeros. Received: "
            f"{len(broken)} that are not, the first is {broken[0]}. Leave them "
            "out."
        )


def _find_unreadable(dataset):
    """One line, path and reason, for each image that cannot be decoded."""
    return [
        f"{path} ({reason})"
        for index in (dataset.train, dataset.test)
        for _, path, reason in index.find_unreadable()
    ]


def _without_unreadable(dataset):
    return dataset.without(
        path
        for split in ("train", "test")
        for path in _unreadable_paths(getattr(dataset, split), split)
    )


def _unreadable_paths(index, split):
    broken = index.find_unreadable()
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
