"""Backbones that the user brings, with scaling before and pooling behind."""

from __future__ import annotations

import json
import sys
import zipfile

import numpy as np
import pytest
from helpers import own_networks

from dnc_keras import DivideAndConquer
from dnc_keras import TrainConfig
from dnc_keras._keras import keras
from dnc_keras._keras import keras_version
from dnc_keras.backbones import PixelScaling
from dnc_keras.backbones import build_backbone
from dnc_keras.models.blocks import find_blocks
from dnc_keras.models.configured import build_configured_backbone
from dnc_keras.models.saved import load_model

SIZE = 8
PIXELS = np.random.default_rng(0).integers(0, 256, [2, SIZE, SIZE, 3])
PIXELS = PIXELS.astype(np.float32)
IS_KERAS_3 = keras_version().startswith("keras 3")


def build(backbone, **settings):
    if ":" not in backbone and not backbone.endswith(".keras"):
        backbone = f"helpers.own_networks:{backbone}"
    config = {"image_size": SIZE, "pixel_scaling": "tf", **settings}
    return build_configured_backbone(TrainConfig(backbone=backbone, **config))


def refusal(backbone, **settings):
    with pytest.raises(ValueError) as raised:
        build(backbone, **settings)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def sign_as_other_keras(path):
    """Makes a file one of the other Keras; returns its version."""
    other = "2.15.0" if IS_KERAS_3 else "3.9.0"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(parts["metadata.json"])
    parts["metadata.json"] = json.dumps({**metadata, "keras_version": other})
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return other


def test_a_function_is_scaled_before_and_pooled_behind(monkeypatch):
    network = own_networks.vit(SIZE)
    monkeypatch.setattr(own_networks, "vit", lambda image_size: network)
    tokens = network(PIXELS / 127.5 - 1).numpy()
    for pooling, expected in {
        "auto": tokens[:, 0],
        "first": tokens[:, 0],
        "mean": tokens.mean(axis=1),
        "max": tokens.max(axis=1),
    }.items():
        features = build("vit", pooling=pooling)(PIXELS)
        np.testing.assert_allclose(features, expected, atol=1e-5)


def test_without_a_class_token_the_mean_is_taken():
    backbone = build("any_size")
    network = next(x for x in backbone.layers if "sequential" in x.name)
    maps = network(PIXELS / 127.5 - 1).numpy()
    np.testing.assert_allclose(
        backbone(PIXELS), maps.mean(axis=(1, 2)), atol=1e-5
    )


def test_scaling_that_the_network_does_is_found():
    backbone = build("scaled", pixel_scaling="auto")
    network = next(x for x in backbone.layers if "sequential" in x.name)
    expected = network(PIXELS).numpy().mean(axis=(1, 2))
    np.testing.assert_allclose(backbone(PIXELS), expected, atol=1e-5)


def test_scaling_that_is_not_known_is_asked_for():
    assert refusal("vit", pixel_scaling="auto") == (
        "pixel_scaling must be named for backbone=helpers.own_networks:vit, "
        "whose first layers do not tell what they expect. Received: auto. Use "
        "--pixel_scaling=tf for -1..1, unit for 0..1, torch or caffe for "
        "ImageNet's mean, or none if it scales 0..255 by itself."
    )


def test_pixels_are_not_scaled_twice():
    assert refusal("scaled", pixel_scaling="unit") == (
        "pixel_scaling must be none or auto for "
        "backbone=helpers.own_networks:scaled, which begins with a Rescaling "
        "of its own. Received: unit."
    )


@pytest.mark.parametrize(
    "layer",
    [
        # They take 0..1.
        keras.layers.Rescaling(2.0, -1.0),
        keras.layers.Normalization(mean=[0.5] * 3, variance=[0.25] * 3),
    ],
)
def test_a_scaling_of_other_pixels_is_no_scaling_of_these(layer, tmp_path):
    inputs = keras.Input([SIZE, SIZE, 3])
    keras.Model(inputs, layer(inputs)).save(tmp_path / "m.keras")
    told = refusal(str(tmp_path / "m.keras"), pixel_scaling="auto")
    assert told.startswith("pixel_scaling must be named")
    features = build(str(tmp_path / "m.keras"), pixel_scaling="unit")(PIXELS)
    expected = (PIXELS / 127.5 - 1).mean(axis=(1, 2))
    np.testing.assert_allclose(features, expected, atol=1e-5)


def test_a_normalization_of_pixels_is_found(tmp_path):
    inputs = keras.Input([SIZE, SIZE, 3])
    layer = keras.layers.Normalization(mean=[127.5] * 3, variance=[64.0**2] * 3)
    keras.Model(inputs, layer(inputs)).save(tmp_path / "m.keras")
    features = build(str(tmp_path / "m.keras"), pixel_scaling="auto")(PIXELS)
    expected = ((PIXELS - 127.5) / 64).mean(axis=(1, 2))
    np.testing.assert_allclose(features, expected, atol=1e-5)


def test_a_file_is_a_backbone(tmp_path, monkeypatch):
    network = own_networks.any_size()
    network.save(tmp_path / "mine.keras")
    monkeypatch.setenv("HOME", str(tmp_path))
    expected = network(PIXELS / 255).numpy().mean(axis=(1, 2))
    features = build("~/mine.keras", pixel_scaling="unit")(PIXELS)
    np.testing.assert_allclose(features, expected, atol=1e-5)


def test_the_model_of_a_run_gives_its_backbone(tmp_path):
    model = DivideAndConquer(build_backbone("small_cnn", SIZE))
    model.compile()
    model(PIXELS)
    model.save(tmp_path / "best.keras")
    features = build(str(tmp_path / "best.keras"), pixel_scaling="auto")(PIXELS)
    np.testing.assert_allclose(features, model.features(PIXELS), atol=1e-5)


def test_a_file_of_the_other_keras_is_refused(tmp_path):
    path = tmp_path / "mine.keras"
    own_networks.any_size().save(path)
    other = sign_as_other_keras(path)
    assert refusal(str(path)) == (
        f"backbone={path} must be a file of the Keras in use, "
        f"{keras_version()}. Received: one of Keras {other}. Save the model "
        "with this Keras, or use the other one: TF_USE_LEGACY_KERAS=1 decides."
    )


def test_a_file_keeps_its_precision(tmp_path):
    path = tmp_path / "mine.keras"
    own_networks.any_size().save(path)
    assert refusal(str(path), mixed_precision="mixed_bfloat16") == (
        f"mixed_precision must be left out for backbone={path}, whose layers "
        "are of float32. Received: mixed_bfloat16. Or make the model under "
        "that policy."
    )
    backbone = build("any_size", mixed_precision="mixed_bfloat16")
    types = [layer.compute_dtype for layer in backbone.layers]
    # Images and scaling, the network, rows.
    assert types[1:] == ["float32", "bfloat16", "float32"]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        build(str(tmp_path / "gone.keras"))
    assert str(raised.value) == (
        "backbone must be a file that is there. Received: "
        f"'{tmp_path}/gone.keras'. Save a model there by `model.save(PATH)`."
    )


def test_a_run_does_not_say_which_code_is_run(tmp_path):
    path = tmp_path / "best.keras"
    model = DivideAndConquer(build_backbone("small_cnn", SIZE))
    model(PIXELS)
    model.save(path)
    sign_as_other_keras(path)
    # As it would be built from its settings.
    for name in ("helpers.not_imported:build", "hub:/etc", str(path)):
        config = TrainConfig(backbone=name)
        with pytest.raises(ValueError, match="not built to read a run"):
            load_model(path, config)
    assert "helpers.not_imported" not in sys.modules


@pytest.mark.parametrize("key", ["high", "low"])
def test_the_output_that_is_named_is_taken(key):
    width = {"low": 4, "high": 5}[key]
    assert build("two_outputs", feature_key=key).output_shape == (None, width)


def test_a_position_names_an_output(tmp_path):
    inputs = keras.Input([SIZE, SIZE, 3])
    outputs = [keras.layers.Conv2D(width, 1)(inputs) for width in (4, 5)]
    keras.Model(inputs, outputs).save(tmp_path / "m.keras")
    backbone = build(str(tmp_path / "m.keras"), feature_key="1")
    assert backbone.output_shape == (None, 5)


OWN = "backbone=helpers.own_networks:"


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (
            "two_inputs",
            f"{OWN}two_inputs must take one batch of images. Received: a model "
            "of several inputs, a, b. Use a function that returns the part of "
            "it for images.",
        ),
        (
            "fixed_batch",
            f"{OWN}fixed_batch must take images, [batch_size, height, width, "
            "3], in batches of any size. Received: a model of (4, 8, 8, 3). "
            "Build it with Input([height, width, 3]).",
        ),
        (
            "gray",
            f"{OWN}gray must take images, [batch_size, height, width, 3], in "
            "batches of any size. Received: a model of (None, 8, 8, 1). Build "
            "it with Input([height, width, 3]).",
        ),
        (
            "wide",
            f"{OWN}wide must take square images. Received: a model of 8 x 16 "
            "pixels. Build it for a square.",
        ),
        (
            "one_row",
            "backbone must return features of a known length for each image "
            "of a batch of any size, [batch_size, ..., feature_dim]. Received: "
            "the shape (8, 8, 3). Keep the first axis as it is.",
        ),
        (
            "two_outputs",
            "feature_key must name one of the backbone's outputs. Received: "
            "None for the outputs 'low', 'high'.",
        ),
        (
            "unregistered",
            f"{OWN}unregistered must hold layers of Keras, of this package, or "
            "registered ones. Received: 'Unregistered' of module "
            "'helpers.own_networks', whose code would run. Register it with "
            "keras.saving.register_keras_serializable if it is yours, and "
            "import its module first.",
        ),
        (
            "a_number",
            "What helpers.own_networks:a_number returns must be a layer or "
            f"model of tf.keras, here {keras_version()}. Received: a "
            "builtins.int. Build it with tf.keras; TF_USE_LEGACY_KERAS=1 "
            "decides whether that is keras or tf_keras.",
        ),
        (
            "gone",
            "backbone must name a function that Python finds. Received: "
            "'helpers.own_networks:gone' (module 'helpers.own_networks' has "
            "no attribute 'gone'). Run from the folder that holds 'helpers', "
            "or install it.",
        ),
    ],
)
def test_what_is_no_backbone_is_refused(function, told):
    received = refusal(function)
    # Keras 3 sorts the keys of outputs.
    assert received in (told, told.replace("'low', 'high'", "'high', 'low'"))


def test_what_could_not_be_opened_later_is_refused_now():
    told = refusal("with_lambda")
    assert told.startswith(
        f"{OWN}with_lambda must be what Keras can save and load. "
    )
    assert told.endswith("and use no Lambda layer.")


def test_another_size_than_the_model_has_is_refused(tmp_path):
    own_networks.vit(16).save(tmp_path / "vit.keras")
    path = str(tmp_path / "vit.keras")
    assert refusal(path) == (
        f"image_size must be 16 for backbone={path}, which takes no other "
        "one. Received: 8. Use --image_size=16."
    )


def test_weights_are_those_of_the_model(tmp_path):
    assert refusal("vit", weights="mine.weights.h5") == (
        f"{OWN}vit comes with its weights. Received: "
        "weights='mine.weights.h5'. Use --weights=imagenet, the default, "
        "which leaves them."
    )


@pytest.mark.parametrize(
    "settings",
    [{"pooling": "max"}, {"pixel_scaling": "tf"}, {"feature_key": "a"}],
)
def test_settings_without_effect_are_refused(settings):
    (name,) = settings
    config = TrainConfig(backbone="small_cnn", weights="", **settings)
    with pytest.raises(ValueError, match=f"^{name} is for backbones of yours"):
        build_configured_backbone(config)


def test_blocks_of_own_networks_are_found():
    _, *blocks = find_blocks(build("vit"))
    assert [block[0].layer.name for block in blocks] == [
        "block_0_norm",
        "block_1_norm",
        "block_2_norm",
    ]


@pytest.mark.skipif(IS_KERAS_3, reason="KerasHub is for Keras 3")
def test_kerashub_is_refused_on_another_keras():
    assert refusal("hub:dinov2_small") == (
        "backbone=hub:dinov2_small needs KerasHub, and that Keras 3. Received: "
        f'{keras_version()}. Run `pip install "dnc-keras[keras3,hub]"` in an '
        "environment of its own, without TF_USE_LEGACY_KERAS; or name a "
        "function of yours, package.module:function, that builds it."
    )


@pytest.mark.skipif(not IS_KERAS_3, reason="KerasHub is for Keras 3")
def test_a_missing_kerashub_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    told = refusal("hub:dinov2_small")
    assert told.startswith("backbone=hub:dinov2_small needs keras-hub. ")
    assert told.endswith('Run `pip install "dnc-keras[hub]"`.')


def test_the_scaling_is_saved_with_the_backbone(tmp_path):
    backbone = build("any_size", pixel_scaling="unit")
    backbone.save(tmp_path / "b.keras")
    loaded = keras.models.load_model(tmp_path / "b.keras")
    assert any(isinstance(x, PixelScaling) for x in loaded.layers)
    np.testing.assert_allclose(loaded(PIXELS), backbone(PIXELS), atol=1e-6)
