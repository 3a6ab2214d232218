"""Metric learning for Keras by divide and conquer.

Import it as `import dnc_keras as dnc`. Every public name is listed here, and
imported with TensorFlow when it is first asked for.
"""

import importlib
import typing

from dnc_keras.support.lazy_names import lazy_name
from dnc_keras.version import __version__

if typing.TYPE_CHECKING:
    from dnc_keras import callbacks
    from dnc_keras import clustering
    from dnc_keras import datasets
    from dnc_keras import layers
    from dnc_keras import losses
    from dnc_keras import metrics
    from dnc_keras import reranking
    from dnc_keras import training
    from dnc_keras.batches.clustered import clustered_dataset
    from dnc_keras.batches.ordered import image_dataset
    from dnc_keras.batches.sampler import ClusterSampler
    from dnc_keras.config import TrainConfig
    from dnc_keras.config import read_recipe
    from dnc_keras.embedding import Embedder
    from dnc_keras.export import export_saved_model
    from dnc_keras.models import DivideAndConquer
    from dnc_keras.training import train

__all__ = [
    "ClusterSampler",
    "DivideAndConquer",
    "Embedder",
    "TrainConfig",
    "__version__",
    "callbacks",
    "clustered_dataset",
    "clustering",
    "datasets",
    "export_saved_model",
    "image_dataset",
    "layers",
    "losses",
    "metrics",
    "read_recipe",
    "reranking",
    "train",
    "training",
]
_HOMES = {
    "ClusterSampler": "batches.sampler",
    "DivideAndConquer": "models",
    "Embedder": "embedding",
    "TrainConfig": "config",
    "clustered_dataset": "batches.clustered",
    "export_saved_model": "export",
    "image_dataset": "batches.ordered",
    "read_recipe": "config",
    "train": "training",
}


def __getattr__(name):
    # A program begins, and silences TensorFlow, before TensorFlow is imported.
    if name in __all__:
        importlib.import_module("dnc_keras._keras")  # Says what to install.
    return lazy_name(__name__, name, _HOMES)


def __dir__():
    return sorted({*globals(), *__all__})
