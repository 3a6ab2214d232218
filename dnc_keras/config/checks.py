"""The rules that several settings of a training run must keep together."""

from __future__ import annotations

from dnc_keras.config.data import VECTORS
from dnc_keras.config.options import check_options
from dnc_keras.support.checks import check_divides


def check_settings(config):
    """Raises ValueError for settings that cannot be trained with.

    Args:
        config: a `TrainConfig`.
    """
    check_options(config)
    for divisor, number in (
        ("num_learners", "embedding_dim"),
        ("samples_per_class", "batch_size"),
    ):
        check_divides(
            *(divisor, getattr(config, divisor)),
            *(number, getattr(config, number)),
        )
    _check_validation(config)
    _check_division(config)
    _check_frozen(config)
    _check_freeze(config)
    _check_compiled(config)
    _check_workers(config)
    _check_cache(config)


def _check_validation(config):
    if config.select == "validation" and not config.validation_fraction:
        raise ValueError(
            "select=validation needs a validation_fraction above 0. Received: "
            f"{config.validation_fraction}. Use select=last to hold out none."
        )


def _check_division(config):
    num = config.num_learners
    if config.division == "hierarchical" and num & (num - 1):
        raise ValueError(
            "division=hierarchical doubles the learners, so num_learners "
            f"must be a power of two. Received: {num}. Use "
            f"{1 << num.bit_length() - 1} or {1 << num.bit_length()}."
        )
    if config.divide in ("images", "classes"):
        return
    needing = {
        "cluster_on": config.cluster_on != "features",
        "recluster_features": config.recluster_features != "fresh",
        "recluster_drift": config.recluster_drift > 0,
    }
    if config.divide == "none":
        needing["division"] = config.division != "flat"
        needing["turns"] = config.turns != "equal"
    received = [name for name, is_set in needing.items() if is_set]
    if received:
        raise ValueError(
            f"divide={config.divide} makes no clusters of features. Received: "
            f"{', '.join(received)}. Leave that out, or use divide=images or "
            "classes."
        )


def _check_frozen(config):
    if config.frozen_epochs >= config.recluster_every:
        raise ValueError(
            "frozen_epochs must be less than recluster_every, or the "
            "backbone is never trained. Received: "
            f"frozen_epochs={config.frozen_epochs}, "
            f"recluster_every={config.recluster_every}."
        )


def _check_freeze(config):
    needing = {
        "views": config.views > 1,
        "feature_cache": bool(config.feature_cache),
    }
    against = {
        "dataset=vectors": config.dataset == VECTORS,
        "strategy=multi_worker": config.strategy == "multi_worker",
        "train_batch_norm": config.train_batch_norm,
        "frozen_epochs": config.frozen_epochs > 0,
        "unfreeze": config.unfreeze >= 0,
        "layer_decay": config.layer_decay != 1,
    }
    if config.views > 1 and config.augment == "none":
        raise ValueError(
            "Several views of an image differ by their random crops. Received: "
            f"views={config.views} with augment=none. Use --views=1, or "
            "another augment."
        )
    wrong = against if config.freeze else needing
    received = ", ".join(name for name, is_set in wrong.items() if is_set)
    if received:
        told = "takes no" if config.freeze else "is needed for"
        raise ValueError(
            f"freeze=backbone {told} {received}. Received: "
            f"freeze={config.freeze!r} with {received}. Leave one of them out."
        )


def _check_compiled(config):
    if config.jit_compile and config.recluster_features == "cached":
        raise ValueError(
            "jit_compile keeps a step on its device, and "
            "recluster_features=cached takes features from it. Received: "
            "both. Use recluster_features=fresh, or jit_compile=False."
        )


def _check_workers(config):
    if config.strategy == "multi_worker" and not config.run_dir:
        raise ValueError(
            "strategy=multi_worker needs a run_dir, for all workers the "
            "same. Received: none. Use --run_dir=DIR."
        )


def _check_cache(config):
    if config.cache and config.dataset == "vectors":
        raise ValueError(
            "cache keeps encoded images, and dataset=vectors has none. "
            f"Received: cache={config.cache!r}. Drop it: vectors are read in "
            "place, and the system keeps what was read."
        )
