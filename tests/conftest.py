"""Gives TensorFlow two CPU devices, for the tests that use two replicas."""

import pytest
import tensorflow as tf

# Only possible before TensorFlow is first used, hence here.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)


@pytest.fixture(scope="session")
def two_replicas():
    """The only strategy of the tests: on Keras 2 the collectives of a second
    one on the same devices would clash with those of the first."""
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
