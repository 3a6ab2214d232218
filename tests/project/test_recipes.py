"""Every file in `flags/` is a recipe that can be trained."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from helpers.settings import BACKBONE

import dnc_keras as dnc
from dnc_keras import ClusterSampler
from dnc_keras import TrainConfig
from dnc_keras import _cli
from dnc_keras import clustered_dataset
from dnc_keras.callbacks import FreezeBackbone
from dnc_keras.callbacks import Recluster
from dnc_keras.models.configured import build_model

RECIPES = sorted(path.stem for path in _cli.recipes().glob("*.cfg"))
PUBLISHED = (
    "cars196",
    "cub200_2011",
    "in_shop",
    "stanford_online_products",
    "vehicle_id",
)
SMALL = {**BACKBONE, "dataset": "folder", "learning_rate": 1e-3}


def lines_of(recipe):
    return (_cli.recipes() / f"{recipe}.cfg").read_text().splitlines()


def written(recipe):
    """The settings as the lines of the file say, read without flags."""
    types = {f.name: type(f.default) for f in dataclasses.fields(TrainConfig)}
    settings = {}
    for line in lines_of(recipe):
        if not line.startswith("#"):
            name, is_value, value = line[2:].partition("=")
            if is_value:
                settings[name] = types[name](value)
            elif name in types:
                settings[name] = True
            else:
                settings[name.removeprefix("no")] = False
    return TrainConfig(**settings)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_program_reads_what_the_file_says(settings_of, recipe):
    assert settings_of(f"--flagfile={recipe}.cfg") == written(recipe)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_is_read_in_python(recipe):
    assert dnc.read_recipe(recipe) == written(recipe)
    path = _cli.recipes() / f"{recipe}.cfg"
    changed = dataclasses.replace(written(recipe), epochs=3)
    assert dnc.read_recipe(path, epochs=3) == changed


def test_a_recipe_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ValueError, match="Received: 'gone'. Recipes: cars196"):
        dnc.read_recipe("gone")
    mine = tmp_path / "mine.cfg"
    mine.write_text("// mine\n--epoch=3\n")
    with pytest.raises(ValueError, match="Did you mean --epochs?"):
        dnc.read_recipe(mine)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_says_where_it_comes_from_and_what_to_expect(recipe):
    comment = "\n".join(x for x in lines_of(recipe) if x.startswith("#"))
    for part in ("Command: python -m dnc_keras.train", "Hardware and time: "):
        assert part in comment
    assert "Reached: " in comment or "Expected: " in comment


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_data_set_alone_is_its_cvpr_2019_recipe(settings_of, name):
    settings = settings_of(f"--dataset={name}")
    assert settings == written(f"{name}_cvpr2019")
    defaults = TrainConfig(dataset=name, num_learners=settings.num_learners)
    assert settings == defaults


@pytest.mark.parametrize("paper", ["cvpr2019", "tpami2021"])
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_control_differs_in_its_single_learner_alone(name, paper):
    recipe = written(f"{name}_{paper}")
    control = written(f"{name}_{paper}_control")
    assert recipe.num_learners > control.num_learners == 1
    assert control == dataclasses.replace(
        recipe, num_learners=1, division="flat"
    )


def test_there_is_a_recipe_for_each_published_result():
    assert set(RECIPES) == {"digits", "folder", "omniglot", "vectors"} | {
        f"{name}_{paper}{control}"
        for name in PUBLISHED
        for paper in ("cvpr2019", "tpami2021")
        for control in ("", "_control")
    }


def made_images(num_groups, size):
    """Images of `num_groups` colours, of each four classes of two images."""
    labels = np.arange(8 * num_groups) // 2
    colors = np.random.default_rng(0).uniform(0, 255, [num_groups, 3])
    noise = np.random.default_rng(1).normal(size=[len(labels), size, size, 3])
    images = np.clip(colors[labels // 4][:, None, None] + noise, 0, 255)
    return tf.constant(images, tf.float32), labels


# Recipes that differ in their data set alone train alike.
DISTINCT = {
    dataclasses.replace(written(recipe), **SMALL): recipe for recipe in RECIPES
}


@pytest.mark.parametrize("config", DISTINCT, ids=DISTINCT.values())
def test_a_recipe_trains_on_made_images(config):
    images, labels = made_images(config.num_learners, config.image_size)
    model = build_model(config)
    sampler = ClusterSampler(
        labels,
        config.num_learners,
        config.batch_size,
        config.samples_per_class,
        turns=config.turns,
        fill=config.fill,
        num_steps=2,
    )
    callbacks = [Recluster(images, sampler, division=config.division, every=1)]
    if config.frozen_epochs:
        callbacks.append(FreezeBackbone(config.frozen_epochs, 2))
    history = model.fit(
        clustered_dataset(sampler, lambda index: tf.gather(images, index)),
        epochs=2,
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
    ).history
    assert np.isfinite(history["loss"]).all()
    stages = {"flat": [config.num_learners] * 2, "hierarchical": [2, 2]}
    assert history["recluster_clusters"] == stages[config.division]
