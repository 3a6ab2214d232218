"""Gives TensorFlow two CPU devices, for the tests that use two replicas."""

import contextlib
import subprocess
import sys

import pytest
import tensorflow as tf

_HOLD_LOCK = """
import fcntl, sys
with open(sys.argv[1], "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.read()
"""

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


@pytest.fixture
def another_writer():
    """A context in which another process holds the folder of a run."""

    @contextlib.contextmanager
    def hold(path):
        path.mkdir(parents=True)
        process = subprocess.Popen(
            [sys.executable, "-c", _HOLD_LOCK, str(path / ".lock")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with process:
            assert process.stdout.readline() == b"held\n"
            yield process
            process.stdin.close()

    return hold
