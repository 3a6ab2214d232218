"""Parts of a training run that the user hands over as objects."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable
from typing import Optional

import numpy as np

from dnc_keras._keras import check_same_keras
from dnc_keras._keras import keras
from dnc_keras.datasets import Dataset
from dnc_keras.models.configured import check_loss
from dnc_keras.models.own_objects import check_can_be_opened


@dataclasses.dataclass(frozen=True, eq=False)
class OwnParts:
    """What replaces the parts that the settings name; None replaces nothing.

    Args:
        backbone: a Keras model or layer, or a function without arguments that
            makes one. With several replicas it must be a function, which is
            called where they share variables.
        dataset: a `Dataset`.
        loss: a Keras loss, with `call(labels, embeddings)`.
        load_image: as for `OwnLoading`.
        augment: Keras layers that begin the backbone and work in training
            alone, a layer or a model from images to images.

    Raises:
        ValueError, TypeError: for objects of other kinds.
    """

    backbone: Optional[Callable] = None
    dataset: Optional[Dataset] = None
    loss: Optional[object] = None
    load_image: Optional[Callable] = None
    augment: Optional[Callable] = None

    def __post_init__(self):
        if self.dataset is not None and not isinstance(self.dataset, Dataset):
            raise TypeError(
                "dataset must be a dnc_keras.datasets.Dataset. Received: a "
                f"{type(self.dataset).__name__}. Make one of the ImageIndex of "
                "train and test."
            )
        for name in ("backbone", "load_image", "augment"):
            part = getattr(self, name)
            if part is not None and not callable(part):
                raise TypeError(
                    f"{name} must be callable. Received: a "
                    f"{type(part).__name__}. Give a function or a Keras model."
                )
        if self.loss is not None:
            check_loss(self.loss, "loss")
        if self.augments_in_model:
            check_same_keras(self.augment, "augment")
            check_can_be_opened(self.augment, "augment")

    def build_backbone(self, num_replicas: int = 1):
        """The Keras model or layer.

        Args:
            num_replicas: several share only the variables that are made among
                them.

        Raises:
            ValueError: for a model of variables that are there already.
        """
        backbone = self.backbone
        if not _is_layer(backbone):
            backbone = backbone()
        elif num_replicas > 1:
            raise ValueError(
                "With several replicas backbone must be a function that makes "
                f"it, called where they share variables. Received: a "
                f"{type(backbone).__name__} and {num_replicas} replicas. Use "
                "backbone=lambda: ..., or strategy=one_device."
            )
        check_same_keras(backbone, "backbone")
        return backbone

    @property
    def augments_in_model(self) -> bool:
        """Whether Keras layers augment, at the begin of the backbone."""
        return _is_layer(self.augment)

    def name_of_loader(self, config) -> str:
        """What the user's loader is called, "" where there is none."""
        if self.load_image is None:
            return config.load_image
        return _described(self.load_image)

    def describe(self) -> dict:
        """What tells these parts from others, by name, for `config.json`."""
        return {
            field.name: _described(part)
            for field in dataclasses.fields(self)
            if (part := getattr(self, field.name)) is not None
        }


def _is_layer(part):
    """Whether it is a layer or model of any Keras, and no function or class."""
    return hasattr(part, "get_weights") and not isinstance(part, type)


def _described(part):
    if isinstance(part, Dataset):
        return ", ".join(
            [part.name, _index(part.train, "train"), _index(part.test, "test")]
        )
    kind = type(part).__name__
    if isinstance(part, keras.Sequential):
        return f"{kind} of {len(part.layers)} layers"
    if any(base.__name__ == "Functional" for base in type(part).__mro__):
        shapes = [tuple(w.shape) for w in part.weights]
        return f"{kind} with {sum(map(np.prod, shapes)):,} weights"
    if _is_layer(part):
        # It may not be built yet, and is the same part when it is.
        return kind
    name = getattr(part, "__qualname__", None)
    return f"{part.__module__}:{name}" if name else kind


def _index(index, name):
    crc = zlib.crc32(index.labels.tobytes())
    return f"{len(index):,} {name} ({crc:08x})"
