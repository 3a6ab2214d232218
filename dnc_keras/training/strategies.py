"""The devices that a training runs on."""

from __future__ import annotations

import tensorflow as tf

from dnc_keras._keras import keras_version

_EXAMPLE = (
    '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, '
    '"task": {"type": "worker", "index": 0}}'
)


def build_strategy(name: str) -> tf.distribute.Strategy:
    """The strategy of a name in `config.settings.STRATEGIES`.

    "multi_worker" must be built before TensorFlow has done anything else in
    the process. It waits for the other workers.

    Raises:
        ValueError: for "multi_worker" where it cannot be had.
    """
    if name == "multi_worker":
        return _several_workers()
    devices = tf.config.list_logical_devices("GPU")
    if name == "mirrored" or (name == "auto" and len(devices) > 1):
        devices = devices or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy([d.name for d in devices])
    if name == "one_device":
        return tf.distribute.OneDeviceStrategy(
            devices[0].name if devices else "CPU:0"
        )
    return tf.distribute.get_strategy()


def _several_workers():
    version = keras_version()
    if version.startswith("keras 3"):
        raise ValueError(
            "strategy=multi_worker needs Keras 2, as fit of Keras 3 takes no "
            f"batches of several workers. Received: {version}. Use "
            'pip install "dnc-keras[legacy]" with TF_USE_LEGACY_KERAS=1, or '
            "--strategy=mirrored on one machine."
        )
    resolver = _resolver()
    try:
        return tf.distribute.MultiWorkerMirroredStrategy(resolver)
    except RuntimeError as error:
        raise ValueError(
            "strategy=multi_worker must be the first that TensorFlow does in "
            f"a process. Received: {error} Start a new process."
        ) from error


def _resolver():
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    try:
        jobs = resolver.cluster_spec().as_dict()
        is_known = jobs and resolver.task_type in jobs
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f"TF_CONFIG must be JSON such as {_EXAMPLE}. Received: {error}."
        ) from error
    if not is_known or not set(jobs) <= {"chief", "worker"}:
        raise ValueError(
            "strategy=multi_worker needs TF_CONFIG, which names all workers "
            f"and which of them this is. Received: jobs {sorted(jobs)}, task "
            f"{resolver.task_type}. Set it to JSON such as {_EXAMPLE}."
        )
    return resolver
