"""The settings offer what the modules that take them have.

`config` lies below those modules and cannot ask them.
"""

from __future__ import annotations

import dataclasses
import re

import pytest

from dnc_keras import TrainConfig
from dnc_keras import datasets
from dnc_keras import losses
from dnc_keras.backbones import BACKBONES
from dnc_keras.backbones.applications import APPLICATIONS
from dnc_keras.backbones.pixel_scaling import MODES
from dnc_keras.batches import sampler
from dnc_keras.callbacks import dividing
from dnc_keras.callbacks import feature_source
from dnc_keras.callbacks import recluster
from dnc_keras.config.data import AUGMENTATIONS
from dnc_keras.datasets import vehicle_id
from dnc_keras.datasets import zero_shot
from dnc_keras.images.augmentation import augmentation
from dnc_keras.losses import margin
from dnc_keras.metrics import retrieval_metrics
from dnc_keras.models import divide_and_conquer
from dnc_keras.models.feature_rows import POOLINGS

_FIELDS = {field.name: field for field in dataclasses.fields(TrainConfig)}
_CHOICES = {
    name: field.metadata["choices"]
    for name, field in _FIELDS.items()
    if field.metadata["choices"]
}
_OF_MODULES = {
    "masks": divide_and_conquer.MASKS,
    "normalization": divide_and_conquer.NORMALIZATIONS,
    "division": dividing.DIVISIONS,
    "divide": dividing.DIVIDED,
    "recluster_features": recluster.SOURCES,
    "cluster_on": feature_source.CLUSTER_ON,
    "negatives": margin.NEGATIVES,
    "pooling": ("auto", *POOLINGS),
    "pixel_scaling": ("auto", *MODES),
    "turns": sampler.TURNS,
    "fill": sampler.FILLS,
    "test_list": vehicle_id.TEST_LISTS,
    "protocol": vehicle_id.PROTOCOLS,
    "split": zero_shot.SPLITS,
    "monitor": retrieval_metrics([[0.0], [1.0]], [0, 0]),
}
# Those that no module below names again.
_OF_CONFIG = {
    "freeze",
    "unreadable",
    "schedule",
    "select",
    "strategy",
    "resume",
    "mixed_precision",
}


def _names_in_help(field, start="", end="$"):
    """The words between two patterns, without the "or" of the list."""
    text = _FIELDS[field].metadata["help"]
    told = re.search(f"{start}(.*?){end}", text).group(1)
    return [name for name in re.findall(r"\w+", told) if name != "or"]


@pytest.mark.parametrize("name", _OF_MODULES)
def test_a_setting_has_the_choices_of_its_module(name):
    assert _CHOICES[name] == tuple(_OF_MODULES[name])


def test_each_setting_with_choices_is_compared_or_the_only_owner():
    assert set(_CHOICES) == set(_OF_MODULES) | _OF_CONFIG


def test_the_help_names_all_data_sets():
    assert _names_in_help("dataset", "set: ", "; ") == list(datasets.LOADERS)


def test_the_help_names_all_losses():
    assert _names_in_help("loss", end=", or tfa") == list(losses.BY_NAME)


def test_the_help_names_all_backbones_but_those_of_keras():
    ours = [name for name in BACKBONES if name not in APPLICATIONS]
    assert _names_in_help("backbone", "features: ", ", or one of") == ours
    (example,) = _names_in_help("backbone", "such as ", ";")
    assert example in APPLICATIONS


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_each_augmentation_that_has_a_name_is_there(name):
    assert callable(augmentation(name, 8)) == (name == "strong")
