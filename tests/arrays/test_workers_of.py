"""The workers of a strategy are made once, and do not keep it alive."""

import json
import os
import socket
import subprocess
import sys

import tensorflow as tf

from dnc_keras.arrays.workers import OneWorker
from dnc_keras.arrays.workers import workers_of

# A process of its own: such a strategy must be the first that TensorFlow does.
_PROGRAM = """
import gc
import weakref

import tensorflow as tf

from dnc_keras.arrays.workers import workers_of

strategy = tf.distribute.MultiWorkerMirroredStrategy()
workers = workers_of(strategy)
assert workers_of(strategy) is workers
assert workers.total([1, 2]).tolist() == [1, 2]
assert workers_of(strategy).num == 1
left = weakref.ref(workers)
del workers
gc.collect()
assert left() is None
assert workers_of(strategy).from_chief("again") == "again"
"""


def _environment():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % free.getsockname()[1]
    task = {"type": "worker", "index": 0}
    cluster = {"cluster": {"worker": [address]}, "task": task}
    return {**os.environ, "TF_CONFIG": json.dumps(cluster)}


def test_workers_are_the_same_as_long_as_anybody_has_them():
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env=_environment(),
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr


def test_other_strategies_have_one_worker():
    workers = workers_of(tf.distribute.get_strategy())
    assert type(workers) is OneWorker
    assert (workers.num, workers.index, workers.is_chief) == (1, 0, True)
