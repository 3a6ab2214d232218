"""Tests that pipelines keep their order and run without the autotuner."""

import pathlib
import re

import tensorflow as tf

import dnc_keras as dnc
from dnc_keras.support.pipelines import map_in_parallel

_PACKAGE = pathlib.Path(dnc.__file__).parent


def test_order_is_kept():
    doubled = map_in_parallel(tf.data.Dataset.range(100), lambda x: 2 * x)
    assert list(doubled.as_numpy_iterator()) == list(range(0, 200, 2))


def test_options_of_the_user_remain():
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    dataset = tf.data.Dataset.range(2).with_options(options)
    found = map_in_parallel(dataset, lambda x: x).batch(2).options()
    assert found.threading.private_threadpool_size == 1
    assert found.autotune.enabled is False


def test_all_pipelines_of_the_package_run_so():
    sampler = dnc.ClusterSampler([0, 0, 1, 1], 1, 4, 2)
    for dataset in (
        dnc.clustered_dataset(sampler, lambda index: index),
        dnc.clustered_dataset(sampler, lambda index: index, batched=True),
        dnc.image_dataset(4, lambda index: index),
    ):
        assert dataset.options().autotune.enabled is False
    others = [
        path.name
        for path in _PACKAGE.rglob("*.py")
        if re.search(r"AUTOTUNE|num_parallel_calls", path.read_text())
    ]
    assert others == ["pipelines.py"]
