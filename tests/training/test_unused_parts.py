"""Nothing that a user asks for is passed over without a word."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras import TrainConfig
from dnc_keras._keras import keras
from dnc_keras.datasets import Dataset
from dnc_keras.datasets import ImageIndex
from dnc_keras.datasets import VectorRows
from dnc_keras.training.own_parts import OwnParts
from dnc_keras.training.unused_parts import check_all_used

_FROZEN = {"freeze": "backbone"}
_LAYERS = {"augment": keras.layers.GaussianNoise(1.0)}
_LOADER = {"load_image": len}


def _augment(image, seed):
    return image


def _index(classes, contents):
    return ImageIndex.from_class_names(
        list("abcd"), list(classes), contents=contents
    )


def _dataset(are_vectors):
    vectors = VectorRows.of(np.ones([4, 2])) if are_vectors else None
    return Dataset("made", _index("aabb", vectors), _index("ccdd", vectors))


@pytest.mark.parametrize(
    ("are_vectors", "settings", "own", "message"),
    [
        (True, {"backbone": "shop:net"}, {}, "Received: backbone=shop:net."),
        (True, {"backbone": "hub:vit"}, {}, "Received: backbone=hub:vit."),
        (True, {"backbone": "a.keras"}, {}, "Received: backbone=a.keras."),
        (True, {"pooling": "max", "unfreeze": 0}, {}, "pooling=max, unfreeze"),
        (True, {"augment": "strong"}, {}, "Received: augment=strong."),
        (True, {"augment": "shop:turn"}, {}, "Received: augment=shop:turn."),
        (True, {}, {"augment": _augment}, "an augment of your own"),
        (True, _FROZEN, {}, "Received: a data set of vectors"),
        (False, {"augment": "strong"}, _LOADER, "without load_image"),
        (False, {"augment": "strong", "load_image": "a:b"}, {}, "augment="),
        (False, _FROZEN, _LAYERS, "Received: layers that augment"),
        (False, {**_FROZEN, "augment": "strong"}, {}, "one view of each image"),
        (False, _FROZEN, {"augment": _augment}, "one view of each image"),
    ],
)
def test_what_has_no_effect_is_refused(are_vectors, settings, own, message):
    config, own = TrainConfig(**settings), OwnParts(**own)
    with pytest.raises(ValueError, match=message):
        check_all_used(config, _dataset(are_vectors), own)


@pytest.mark.parametrize(
    ("are_vectors", "settings", "own"),
    [
        (True, {}, _LAYERS),
        (True, {"pooling": "max"}, {"backbone": len}),
        (False, {**_FROZEN, "views": 2, "augment": "strong"}, {}),
        (False, {"augment": "strong"}, {}),
        (False, {}, {**_LOADER, **_LAYERS}),
    ],
)
def test_what_has_an_effect_is_taken(are_vectors, settings, own):
    config, own = TrainConfig(**settings), OwnParts(**own)
    check_all_used(config, _dataset(are_vectors), own)
