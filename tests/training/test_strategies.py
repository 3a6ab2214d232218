"""The devices that a model is trained on."""

from __future__ import annotations

import pytest
import tensorflow as tf

from dnc_keras.training.strategies import build_strategy


def test_one_device_is_a_strategy_of_one_replica():
    strategy = build_strategy("one_device")
    assert isinstance(strategy, tf.distribute.OneDeviceStrategy)


def test_without_gpus_auto_is_no_strategy():
    if tf.config.list_logical_devices("GPU"):
        pytest.skip("about machines without GPUs")
    assert build_strategy("auto") is tf.distribute.get_strategy()
