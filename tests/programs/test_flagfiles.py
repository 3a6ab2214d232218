"""Flags from files and recipes."""

from __future__ import annotations

import dataclasses

import pytest

from dnc_keras import TrainConfig
from dnc_keras import _cli


def _values(flagfile):
    """The `--name=value` lines of a flagfile."""
    lines = flagfile.read_text().splitlines()
    pairs = [x[2:].split("=") for x in lines if x[:2] == "--" and "=" in x]
    assert len(pairs) > 5
    return dict(pairs)


@pytest.mark.parametrize("form", ["--flagfile={}", "-flagfile={}"])
def test_a_flagfile_is_read_by_its_path(settings_of, tmp_path, form):
    path = tmp_path / "mine.cfg"
    path.write_text("# mine\n\n--dataset=cub200_2011\n--epochs=7\n--noflip\n")
    settings = settings_of(form.format(path))
    expected = TrainConfig(dataset="cub200_2011", epochs=7, flip=False)
    assert settings == expected


def test_a_flagfile_may_be_a_word_of_its_own(settings_of, tmp_path):
    (tmp_path / "mine.cfg").write_text("--dataset=csv\n--epochs=7\n")
    assert settings_of("--flagfile", "mine.cfg").epochs == 7


def test_a_recipe_is_read_by_its_name(settings_of):
    settings = dataclasses.asdict(settings_of("--flagfile=digits.cfg"))
    for name, value in _values(_cli.recipes() / "digits.cfg").items():
        assert settings[name] == type(settings[name])(value), name


def test_flags_after_a_flagfile_win(settings_of, tmp_path):
    (tmp_path / "mine.cfg").write_text("--dataset=csv\n--epochs=7\n--seed=3\n")
    settings = settings_of("--flagfile=mine.cfg", "--epochs=9")
    assert (settings.epochs, settings.seed) == (9, 3)


def test_a_line_of_a_flagfile_without_dashes_is_named(refused, tmp_path):
    (tmp_path / "mine.cfg").write_text("# mine\n--seed=1\nepochs=7\n")
    assert refused("train", "--flagfile=mine.cfg") == (
        "error: Each line of a flagfile must be --name=value. Received: "
        "'epochs=7' in mine.cfg, line 3. Write --epochs=7."
    )


def test_an_unknown_flag_of_a_flagfile_is_named(refused, tmp_path):
    (tmp_path / "mine.cfg").write_text("--epoch_count=7\n")
    assert "'epoch_count'" in refused("train", "--flagfile=mine.cfg")


def test_a_data_set_brings_its_recipe(settings_of):
    by_recipe = settings_of("--flagfile=digits.cfg")
    assert by_recipe.backbone == "small_cnn"
    assert settings_of("--dataset=digits") == settings_of() == by_recipe


def test_flags_win_over_the_recipe_of_a_data_set(settings_of):
    settings = settings_of("--epochs=3", "--flip", "--dataset=digits")
    assert (settings.epochs, settings.flip) == (3, True)
    assert settings.backbone == "small_cnn"


OWN = {
    "num_learners": 2,
    "divide": "none",
    "whole_weight": 1.0,
    "whole_embedding_from": 1.0,
    "one_cluster_from": 1.0,
}


@pytest.mark.parametrize(
    "name", ["folder", "csv", "hf:food101", "webdataset", "mine:load"]
)
def test_your_own_images_have_a_recipe(settings_of, name):
    settings = settings_of(f"--dataset={name}", "--epochs=3")
    assert settings == TrainConfig(dataset=name, epochs=3, **OWN)
    control = settings_of(f"--dataset={name}", "--num_learners=1")
    assert control == TrainConfig(dataset=name, **{**OWN, "num_learners": 1})


@pytest.mark.parametrize(
    "flag",
    [
        "divide=images",
        "division=hierarchical",
        "cluster_on=embedding",
        "turns=proportional",
        "recluster_every=3",
        "recluster_features=cached",
        "recluster_drift=0.1",
    ],
)
def test_who_asks_for_clusters_begins_with_those_of_the_papers(
    settings_of, flag
):
    name, value = flag.split("=")
    value = type(getattr(TrainConfig(), name))(value)
    expected = TrainConfig(dataset="folder", **{name: value})
    assert settings_of("--dataset=folder", f"--{flag}") == expected


@pytest.mark.parametrize(
    "recipe", sorted(path.name for path in _cli.recipes().glob("*.cfg"))
)
def test_every_recipe_makes_settings(settings_of, recipe):
    settings = settings_of(f"--flagfile={recipe}")
    assert recipe.startswith(settings.dataset)
