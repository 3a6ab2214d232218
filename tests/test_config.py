"""Settings that cannot work are refused before anything starts."""

from __future__ import annotations

import dataclasses

import pytest

from dnc_keras import TrainConfig
from dnc_keras import losses


@pytest.mark.parametrize(
    "settings, message",
    [
        (
            {"num_learners": 4, "embedding_dim": 130},
            "num_learners must divide embedding_dim. Received: "
            "embedding_dim=130, num_learners=4. "
            "Use embedding_dim=128 or 132.",
        ),
        (
            {"batch_size": 10, "samples_per_class": 4},
            "samples_per_class must divide batch_size. Received: "
            "batch_size=10, samples_per_class=4. Use batch_size=8 or 12.",
        ),
        (
            {"masks": "soft"},
            "masks must be one of fixed, learned. Received: 'soft'.",
        ),
        (
            {"select": "best"},
            "select must be one of validation, last, test. Received: 'best'.",
        ),
        (
            {"strategy": "tpu"},
            "strategy must be one of auto, one_device, mirrored, multi_worker. "
            "Received: 'tpu'.",
        ),
        (
            {"unreadable": "ignore"},
            "unreadable must be one of stop, skip. Received: 'ignore'.",
        ),
        ({"epochs": 0}, "epochs must be an integer above 0. Received: 0."),
        (
            {"recluster_every": 0},
            "recluster_every must be an integer above 0. Received: 0.",
        ),
        (
            {"image_size": -8},
            "image_size must be an integer above 0. Received: -8.",
        ),
        (
            {"center_crop": 0.0},
            "center_crop must be above 0 and at most 1. Received: 0.0.",
        ),
        (
            {"crop_scale": 1.5},
            "crop_scale must be above 0 and at most 1. Received: 1.5.",
        ),
        (
            {"augment": "strnog"},
            "augment must be standard, strong, none or a function of your own, "
            "package.module:function. Received: 'strnog'.",
        ),
        (
            {"division": "hierarchical", "num_learners": 6, "embedding_dim": 6},
            "division=hierarchical doubles the learners, so num_learners must "
            "be a power of two. Received: 6. Use 4 or 8.",
        ),
        (
            {"divide": "random_classes", "recluster_drift": 0.1},
            "divide=random_classes makes no clusters of features. Received: "
            "recluster_drift. Leave that out, or use divide=images or classes.",
        ),
        (
            {
                "divide": "none",
                "division": "hierarchical",
                "turns": "proportional",
                "cluster_on": "embedding",
                "recluster_features": "cached",
            },
            "divide=none makes no clusters of features. Received: cluster_on, "
            "recluster_features, division, turns. Leave that out, or use "
            "divide=images or classes.",
        ),
        (
            {"frozen_epochs": 2},
            "frozen_epochs must be less than recluster_every, or the backbone "
            "is never trained. Received: frozen_epochs=2, recluster_every=2.",
        ),
        (
            {"dataset": "vectors", "cache": "memory"},
            "cache keeps encoded images, and dataset=vectors has none. "
            "Received: cache='memory'. Drop it: vectors are read in place, and "
            "the system keeps what was read.",
        ),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError) as raised:
        TrainConfig(**settings)
    assert str(raised.value) == message


def test_the_defaults_are_the_cvpr_2019_recipe():
    config = TrainConfig()
    assert (config.num_learners, config.embedding_dim) == (4, 128)
    assert (config.batch_size, config.samples_per_class) == (80, 4)
    assert (config.epochs, config.recluster_every) == (200, 2)
    assert (config.learning_rate, config.weight_decay) == (1e-5, 1e-4)
    assert config.backbone == "resnet50"


def test_the_phases_begin_at_epochs_80_and_190_of_200():
    config = TrainConfig()
    assert config.epoch_of(config.whole_embedding_from) == 80
    assert config.epoch_of(config.one_cluster_from) == 190


def test_a_config_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainConfig().epochs = 3


def test_every_setting_says_what_it_is():
    for field in dataclasses.fields(TrainConfig):
        assert field.metadata["help"], field.name


def test_every_loss_is_in_the_help():
    (field,) = [f for f in dataclasses.fields(TrainConfig) if f.name == "loss"]
    assert field.metadata["help"].startswith(", ".join(losses.BY_NAME))


def test_compiled_steps_do_not_hand_out_features():
    with pytest.raises(ValueError, match="Use recluster_features=fresh"):
        TrainConfig(jit_compile=True, recluster_features="cached")
