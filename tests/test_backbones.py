"""Backbones take pixels 0 to 255 and scale them as their weights expect."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from dnc_keras._keras import keras
from dnc_keras.backbones import PixelScaling
from dnc_keras.backbones import build_backbone

PIXELS = np.array([[[[255.0, 0.0, 10.0]]]], np.float32)


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


@pytest.mark.parametrize(
    "mode, module", [("tf", "mobilenet_v2"), ("caffe", "resnet50")]
)
def test_scaling_is_that_of_keras_applications(mode, module):
    pixels = np.random.default_rng(0).uniform(0, 255, [2, 3, 3, 3])
    pixels = pixels.astype(np.float32)
    expected = getattr(keras.applications, module).preprocess_input(
        pixels.copy()
    )
    np.testing.assert_allclose(
        PixelScaling(mode)(pixels), expected, rtol=1e-5, atol=1e-5
    )


def test_scaling_keeps_its_mode_in_its_config():
    layer = PixelScaling.from_config(PixelScaling("caffe").get_config())
    np.testing.assert_array_equal(layer(PIXELS), PixelScaling("caffe")(PIXELS))


def test_an_unknown_scaling_is_refused():
    with pytest.raises(ValueError, match="one of tf, caffe. Received: 'torch'"):
        PixelScaling("torch")


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


def test_a_network_of_keras_applications_is_scaled_inside(monkeypatch):
    monkeypatch.setattr(keras.applications, "ResNet50", _identity)
    backbone = build_backbone("resnet50", 1)
    np.testing.assert_allclose(
        backbone(PIXELS)[0, 0, 0], [10 - 103.939, -116.779, 255 - 123.68]
    )


def _identity(include_top, weights, input_shape, pooling):
    images = keras.Input(input_shape)
    return keras.Model(images, keras.layers.ReLU(negative_slope=1.0)(images))


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
        match="backbone must be one of small_cnn, mobilenet_v2, resnet50. "
        "Received: 'alexnet'",
    ):
        build_backbone("alexnet", 8)
