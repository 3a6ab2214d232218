"""Backbones take pixels 0 to 255 and scale them as their weights expect."""

from __future__ import annotations

import re

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.backbones import BACKBONES
from dnc_keras.backbones import PixelScaling
from dnc_keras.backbones import build_backbone

PIXELS = np.array([[[[255.0, 0.0, 10.0]]]], np.float32)
APPLICATIONS = BACKBONES[2:]
CONSTRUCTORS = [
    name
    for name in dir(keras.applications)
    if callable(getattr(keras.applications, name))
]


def constructor_of(name):
    """`resnet50_v2` -> `ResNet50V2`."""
    (constructor,) = (
        constructor
        for constructor in CONSTRUCTORS
        if constructor.lower() == name.replace("_", "")
    )
    return constructor


def module_of(constructor):
    """The module of `keras.applications` with its `preprocess_input`."""
    if constructor.startswith("MobileNetV3"):  # Its module does not hold it.
        return keras.applications.mobilenet_v3
    members = (getattr(keras.applications, n) for n in dir(keras.applications))
    return next(m for m in members if hasattr(m, constructor))


def test_tf_scaling_maps_pixels_to_minus_one_and_one():
    scaled = PixelScaling("tf")(PIXELS)
    np.testing.assert_allclose(
        scaled, [[[[1.0, -1.0, 10 / 127.5 - 1]]]], rtol=1e-6
    )


def test_caffe_scaling_turns_rgb_to_bgr_and_subtracts_the_mean():
    scaled = PixelScaling("caffe")(PIXELS)
    np.testing.assert_allclose(
        scaled, [[[[10 - 103.939, 0 - 116.779, 255 - 123.68]]]], rtol=1e-6
    )


def test_torch_scaling_subtracts_the_mean_and_divides_by_the_deviation():
    scaled = PixelScaling("torch")(PIXELS)
    expected = [
        (1.0 - 0.485) / 0.229,
        (0.0 - 0.456) / 0.224,
        (10 / 255 - 0.406) / 0.225,
    ]
    np.testing.assert_allclose(scaled[0, 0, 0], expected, rtol=1e-6)


def test_unit_scaling_maps_pixels_to_zero_and_one():
    np.testing.assert_allclose(
        PixelScaling("unit")(PIXELS), [[[[1.0, 0.0, 10 / 255]]]], rtol=1e-6
    )


def test_no_scaling_leaves_the_pixels():
    np.testing.assert_array_equal(PixelScaling("none")(PIXELS), PIXELS)


def test_scaling_keeps_its_mode_in_its_config():
    layer = PixelScaling.from_config(PixelScaling("caffe").get_config())
    np.testing.assert_array_equal(layer(PIXELS), PixelScaling("caffe")(PIXELS))


def test_an_unknown_scaling_is_refused():
    with pytest.raises(
        ValueError,
        match="one of tf, caffe, torch, unit, none. Received: 'half'",
    ):
        PixelScaling("half")


@pytest.mark.parametrize("image_size", [8, 28])
def test_small_cnn_gives_a_row_of_features_for_each_image(image_size):
    backbone = build_backbone("small_cnn", image_size)
    features = backbone(tf.zeros([2, image_size, image_size, 3]))
    assert features.shape.rank == 2
    assert features.shape[0] == 2
    assert backbone.input_shape == (None, image_size, image_size, 3)


def test_a_network_of_keras_applications_has_pooled_features():
    backbone = build_backbone("mobilenet_v2", 32)
    assert backbone.output_shape == (None, 1280)


def test_every_network_of_keras_applications_is_offered():
    assert {name.replace("_", "") for name in APPLICATIONS} == {
        constructor.lower() for constructor in CONSTRUCTORS
    }


@pytest.mark.parametrize(
    "name",
    [
        "convnext_xlarge",
        "densenet121",
        "efficientnet_b0",
        "efficientnet_v2_b1",
        "efficientnet_v2_s",
        "inception_resnet_v2",
        "mobilenet",
        "mobilenet_v3_large",
        "nasnet_mobile",
        "resnet101_v2",
        "vgg16",
        "xception",
    ],
)
def test_names_are_in_snake_case(name):
    assert name in BACKBONES


@pytest.mark.parametrize("name", APPLICATIONS)
def test_a_network_of_keras_applications_is_scaled_inside(monkeypatch, name):
    constructor = constructor_of(name)
    module = module_of(constructor)
    monkeypatch.setattr(keras.applications, constructor, _identity)
    pixels = np.random.default_rng(0).uniform(0, 255, [2, 75, 75, 3])
    pixels = pixels.astype(np.float32)
    np.testing.assert_allclose(
        build_backbone(name, 75)(pixels),
        module.preprocess_input(pixels.copy()),
        rtol=1e-5,
        atol=1e-5,
    )


def _identity(include_top, weights, input_shape, pooling):
    images = keras.Input(input_shape)
    return keras.Model(images, keras.layers.ReLU(negative_slope=1.0)(images))


def test_a_network_that_scales_by_itself_is_not_scaled_twice():
    backbone = build_backbone("mobilenet_v3_small", 32)
    network = keras.applications.MobileNetV3Small(
        include_top=False, weights=None, input_shape=(32, 32, 3), pooling="avg"
    )
    network.set_weights(backbone.get_weights())
    images = np.random.default_rng(0).uniform(0, 255, [2, 32, 32, 3])
    images = images.astype(np.float32)
    np.testing.assert_allclose(backbone(images), network(images), rtol=1e-5)


@pytest.mark.parametrize("name", APPLICATIONS)
def test_images_that_are_too_small_are_refused(name):
    with pytest.raises(ValueError, match=f"or more for {name}. Rec") as raised:
        build_backbone(name, 31)
    smallest = int(re.search(r"Use image_size=(\d+)", str(raised.value))[1])
    with pytest.raises(ValueError, match=f"at least {smallest}x{smallest}"):
        getattr(keras.applications, constructor_of(name))(
            include_top=False,
            weights=None,
            input_shape=(smallest - 1, smallest - 1, 3),
        )


def test_a_backbone_is_the_same_after_saving(tmp_path):
    backbone = build_backbone("mobilenet_v3_small", 33)
    backbone.save(tmp_path / "backbone.keras")
    loaded = keras.models.load_model(tmp_path / "backbone.keras")
    images = np.random.default_rng(0).uniform(0, 255, [2, 33, 33, 3])
    images = images.astype(np.float32)
    np.testing.assert_allclose(loaded(images), backbone(images), rtol=1e-5)


def test_weights_may_be_a_file(tmp_path):
    network = keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    path = tmp_path / "mine.weights.h5"
    network.save_weights(path)
    backbone = build_backbone("mobilenet_v2", 32, str(path))
    for expected, weight in zip(network.get_weights(), backbone.get_weights()):
        np.testing.assert_array_equal(weight, expected)


def test_a_file_of_weights_that_is_not_there_is_named():
    with pytest.raises(
        FileNotFoundError,
        match="weights must be 'imagenet' or the path .* 'gone.h5'",
    ):
        build_backbone("mobilenet_v2", 32, "gone.h5")


def test_small_cnn_has_no_weights_to_load():
    with pytest.raises(
        ValueError, match="backbone='small_cnn'. Use weights=''."
    ):
        build_backbone("small_cnn", 8, "imagenet")


def test_an_unknown_backbone_is_refused_with_the_known_ones():
    with pytest.raises(
        ValueError,
        match="backbone must be one of small_cnn, .*, mobilenet_v2, .*, "
        "resnet50, .*. Received: 'alexnet'",
    ):
        build_backbone("alexnet", 8)


def test_imagenet_weights_of_torchvision_are_to_be_converted():
    with pytest.raises(
        ValueError,
        match="Received: 'imagenet'. Make the file .* `python tools/convert_",
    ):
        build_backbone("resnet50_torchvision", 32, "imagenet")


def test_torchvision_resnet50_loads_a_file(tmp_path):
    backbone = build_backbone("resnet50_torchvision", 32)
    path = str(tmp_path / "resnet50.weights.h5")
    backbone.save_weights(path)
    loaded = build_backbone("resnet50_torchvision", 33, path)
    for expected, weight in zip(backbone.get_weights(), loaded.get_weights()):
        np.testing.assert_array_equal(weight, expected)


@pytest.mark.parametrize("name", ["resnet50.weights.h5", "resnet50.pth"])
def test_a_file_that_the_converter_did_not_make_is_refused(tmp_path, name):
    (tmp_path / name).write_text("no weights")
    with pytest.raises(
        ValueError,
        match=f"{name}' must be a file of weights of resnet50_torchvision. Rec"
        ".*Make one by `python tools/convert_torchvision_resnet50.py .*`",
    ):
        build_backbone("resnet50_torchvision", 32, str(tmp_path / name))


def test_weights_of_another_network_are_refused(tmp_path):
    path = str(tmp_path / "small.weights.h5")
    build_backbone("small_cnn", 8).save_weights(path)
    for name in ("resnet50_torchvision", "mobilenet"):
        with pytest.raises(ValueError, match="small.weights.h5' must be a fil"):
            build_backbone(name, 32, path)


@pytest.mark.parametrize("damage", ["empty", "half", "text", "flipped"])
def test_a_damaged_file_of_weights_is_named(tmp_path, damage):
    path = tmp_path / "mobilenet.weights.h5"
    build_backbone("mobilenet", 32).layers[-1].save_weights(str(path))
    content = path.read_bytes()
    damaged = {
        "empty": b"",
        "half": content[: len(content) // 2],
        "text": b"no weights",
        # Where HDF5 says how wide its addresses are.
        "flipped": content[:13] + b"\xff" + content[14:],
    }
    path.write_bytes(damaged[damage])
    with pytest.raises(ValueError, match="ts.h5' must be a file of weights of"):
        build_backbone("mobilenet", 32, str(path))
