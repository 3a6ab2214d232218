"""Presets of KerasHub in folders, with random weights."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers.hub_presets import DEVIATION
from helpers.hub_presets import MEAN
from helpers.hub_presets import keras_hub
from helpers.hub_presets import write_vit

from dnc_keras import TrainConfig
from dnc_keras._keras import keras
from dnc_keras.models.blocks import find_blocks
from dnc_keras.models.configured import build_configured_backbone
from dnc_keras.models.keras_file import open_keras_file

SIZE = 16
PIXELS = np.random.default_rng(0).integers(0, 256, [2, SIZE, SIZE, 3])
PIXELS = PIXELS.astype(np.float32)
SCALED = (PIXELS - MEAN) / DEVIATION


def build(preset, **settings):
    config = {"image_size": SIZE, **settings}
    return build_configured_backbone(
        TrainConfig(backbone=f"hub:{preset}", **config)
    )


def refusal(preset, **settings):
    with pytest.raises(ValueError) as raised:
        build(preset, **settings)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.fixture(scope="module")
def vit(tmp_path_factory):
    return write_vit(tmp_path_factory.mktemp("presets") / "vit")


@pytest.fixture
def tokens(vit):
    network = keras_hub().models.Backbone.from_preset(str(vit))
    return np.asarray(network(SCALED))


def test_the_class_token_of_scaled_pixels_is_taken(vit, tokens):
    np.testing.assert_allclose(build(vit)(PIXELS), tokens[:, 0], atol=1e-4)


def test_another_pooling_is_taken_if_named(vit, tokens):
    np.testing.assert_allclose(
        build(vit, pooling="mean")(PIXELS), tokens.mean(axis=1), atol=1e-4
    )


def test_another_scaling_is_taken_if_named(vit, tokens):
    # Of what the converter would have made.
    pixels = (SCALED * 255).astype(np.float32)
    features = build(vit, pixel_scaling="unit")(pixels)
    np.testing.assert_allclose(features, tokens[:, 0], atol=1e-4)


def test_a_random_start_is_another_one(vit, tokens):
    features = build(vit, weights="")(PIXELS)
    assert np.abs(features - tokens[:, 0]).max() > 0.01


def test_without_a_class_token_the_mean_is_taken(tmp_path):
    preset = write_vit(tmp_path / "vit", use_class_token=False)
    network = keras_hub().models.Backbone.from_preset(str(preset))
    expected = np.asarray(network(SCALED)).mean(axis=1)
    np.testing.assert_allclose(build(preset)(PIXELS), expected, atol=1e-4)


def test_a_preset_without_converter_asks_for_the_scaling(tmp_path):
    (write_vit(tmp_path) / "image_converter.json").unlink()
    told = refusal(tmp_path)
    asked = f"pixel_scaling must be named for backbone=hub:{tmp_path}, "
    assert told.startswith(asked)


def test_another_size_is_refused(vit):
    assert refusal(vit, image_size=32) == (
        f"image_size must be 16 for backbone=hub:{vit}, which takes no other "
        "one. Received: 32. Use --image_size=16."
    )


def test_a_network_of_any_size_is_made_for_the_images(tmp_path):
    dinov2 = keras_hub().models.DINOV2Backbone(
        patch_size=8,
        num_layers=2,
        hidden_dim=8,
        num_heads=2,
        intermediate_dim=16,
        image_shape=(32, 32, 3),
        position_embedding_shape=(32, 32, 3),
    )
    dinov2.save_to_preset(str(tmp_path))
    backbone = build(tmp_path, pixel_scaling="torch")
    network = keras_hub().models.Backbone.from_preset(
        str(tmp_path), image_shape=(SIZE, SIZE, 3)
    )
    scaled = (PIXELS / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    expected = np.asarray(network({"images": scaled}))[:, 0]
    np.testing.assert_allclose(backbone(PIXELS), expected, atol=1e-4)
    stem, *blocks = find_blocks(backbone)
    # Patches with their places, and two blocks.
    assert (len(stem), len(blocks)) == (2, 2)


def test_of_two_towers_the_one_for_images_is_taken(tmp_path):
    models = keras_hub().models
    images = models.CLIPVisionEncoder(
        patch_size=8,
        hidden_dim=8,
        num_layers=2,
        num_heads=2,
        intermediate_dim=16,
        image_shape=(SIZE, SIZE, 3),
    )
    texts = models.CLIPTextEncoder(
        vocabulary_size=8,
        embedding_dim=8,
        hidden_dim=8,
        num_layers=1,
        num_heads=2,
        intermediate_dim=8,
        max_sequence_length=4,
    )
    models.CLIPBackbone(images, texts, 4).save_to_preset(str(tmp_path))
    expected = np.asarray(images({"images": PIXELS / 255}))[:, 0]
    features = build(tmp_path, pixel_scaling="unit")(PIXELS)
    np.testing.assert_allclose(features, expected, atol=1e-4)


def test_a_folder_that_is_missing_is_named(tmp_path):
    keras_hub()
    assert refusal(tmp_path / "gone") == (
        f"backbone=hub:{tmp_path}/gone must name a folder that is there, or a "
        "preset of KerasHub. Received: no such folder. Make one by "
        "`backbone.save_to_preset(FOLDER)`."
    )


def test_a_preset_without_a_network_to_download_it_is_said(monkeypatch):
    def from_preset(preset, **kwargs):
        raise ConnectionError("Failed to resolve 'api.kaggle.com'\nand more")

    models = keras_hub().models
    monkeypatch.setattr(models.Backbone, "from_preset", from_preset)
    assert refusal("dinov2_small") == (
        "backbone=hub:dinov2_small must name a preset of a network for images "
        "that KerasHub can read or download. Received: Failed to resolve "
        "'api.kaggle.com'. Use the folder of a preset, hub:FOLDER, or one of "
        "https://keras.io/keras_hub/presets."
    )


def test_an_unknown_preset_is_refused():
    keras_hub()
    told = refusal("no_such_preset")
    assert "Received: Unknown preset identifier." in told


def test_a_preset_for_texts_is_refused(tmp_path):
    bert = keras_hub().models.BertBackbone(8, 1, 2, 8, 8)
    bert.save_to_preset(str(tmp_path))
    assert "Received: a model of several inputs, " in refusal(
        tmp_path, pixel_scaling="unit"
    )


@pytest.mark.parametrize("name", ["config.json", "image_converter.json"])
def test_a_folder_that_names_code_of_others_is_refused(name, tmp_path):
    path = write_vit(tmp_path) / name
    evil = {"module": "os", "class_name": "system", "config": {}}
    path.write_text(json.dumps({**evil, "registered_name": "evil"}))
    told = refusal(tmp_path)
    assert "whose code would run" in told or "KerasHub alone" in told


def test_a_file_may_hold_networks_of_kerashub_alone(tmp_path):
    hub = keras_hub()
    inputs = keras.Input([SIZE, SIZE, 3])
    layer = hub.layers.ImageConverter.from_preset(str(write_vit(tmp_path)))
    keras.Model(inputs, layer(inputs)).save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="layers and models of KerasHub alone"):
        open_keras_file(tmp_path / "m.keras")
