"""Each setting has a rule, and what breaks it is refused when it is read."""

from __future__ import annotations

import dataclasses
import pathlib

import pytest

from dnc_keras import TrainConfig
from dnc_keras.config import options

FIELDS = dataclasses.fields(TrainConfig)
NUMBERS = [f.name for f in FIELDS if type(f.default) in (int, float)]
INTEGERS = [f.name for f in FIELDS if type(f.default) is int]
SHARES = (
    *("test_fraction", "validation_fraction", "crop_scale", "center_crop"),
    *("dropout", "recluster_drift"),
    *("whole_embedding_from", "one_cluster_from"),
)
PATHS = (
    "backbone",
    "data_dir",
    "run_dir",
    "cache",
    "weights",
    "feature_cache",
    "drop",
)


def test_every_setting_has_a_rule_that_its_default_keeps():
    assert len(NUMBERS) > 25
    for field in FIELDS:
        field.metadata["rule"](field.name, field.default)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -2, "1", None])
@pytest.mark.parametrize("name", NUMBERS)
def test_nonsense_is_refused_for_every_number(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be .*Received: "):
        TrainConfig(**{name: value})


@pytest.mark.parametrize("value", [1.5, True, 2**31])
@pytest.mark.parametrize("name", INTEGERS)
def test_an_integer_is_one_that_fits(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be "):
        TrainConfig(**{name: value})


@pytest.mark.parametrize("name", SHARES)
def test_a_share_above_one_is_refused(name):
    with pytest.raises(ValueError, match=f"^{name} must be "):
        TrainConfig(**{name: 1.25})


@pytest.mark.parametrize(
    "settings",
    [
        {"learning_rate": 0.0},
        {"weight_decay": 0},
        {"dropout": 0.0},
        {"margin": 0.0},
        {"beta": 1},
        {"mask_multiplier": 0.0, "loss_multiplier": 100},
        {"whole_embedding_from": 0.0, "one_cluster_from": 1.0},
        {"recluster_drift": 1.0},
        {"select": "last", "validation_fraction": 0.0},
        {"seed": 2**31 - 1},
    ],
)
def test_what_makes_sense_is_taken(settings):
    config = TrainConfig(**settings)
    assert {name: getattr(config, name) for name in settings} == settings


def test_held_out_classes_need_a_share():
    with pytest.raises(ValueError, match="Use select=last to hold out none"):
        TrainConfig(validation_fraction=0.0)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"flip": "no"}, "flip must be True or False. Received: 'no'."),
        ({"dataset": 7}, "dataset must be a text. Received: 7."),
        ({"data_dir": None}, "data_dir must be a text. Received: None."),
    ],
)
def test_a_value_of_another_type_is_refused(settings, message):
    with pytest.raises(ValueError) as raised:
        TrainConfig(**settings)
    assert str(raised.value) == message


def test_a_number_without_a_rule_cannot_be_defined():
    with pytest.raises(TypeError, match="A number needs a rule"):
        options.option(0.5, "share of something")


def test_the_home_folder_stands_for_a_tilde(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    config = TrainConfig(
        **dict.fromkeys(PATHS, "~/x"), test_classes="~/x", freeze="backbone"
    )
    for name in PATHS:
        assert getattr(config, name) == "/home/ada/x"
    assert config.test_classes == "~/x"
    assert {f.name for f in FIELDS if f.metadata["is_path"]} == set(PATHS)


def test_a_path_object_becomes_text():
    assert TrainConfig(run_dir=pathlib.Path("runs/a")).run_dir == "runs/a"


def test_saved_nonsense_is_named_with_its_file():
    with pytest.raises(ValueError) as raised:
        TrainConfig.from_saved({"dropout": 1.5}, "run/config.json")
    assert str(raised.value) == (
        "run/config.json must hold settings that make sense. Received: dropout "
        "must be 0 or more and below 1. Received: 1.5. Correct the file, or "
        "train again."
    )
