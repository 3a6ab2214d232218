"""Data sets by name: which images there are, never their pixels."""

from __future__ import annotations

import typing

from dnc_keras.support.lazy_names import lazy_name

if typing.TYPE_CHECKING:
    from dnc_keras.datasets.by_name import ARCHIVED
    from dnc_keras.datasets.by_name import DOWNLOADABLE
    from dnc_keras.datasets.by_name import LOADERS  # noqa: F401
    from dnc_keras.datasets.by_name import divides_classes  # noqa: F401
    from dnc_keras.datasets.by_name import load
    from dnc_keras.datasets.by_name import names_own_function
    from dnc_keras.datasets.cache import with_cache
    from dnc_keras.datasets.dataset import Dataset
    from dnc_keras.datasets.image_index import ImageIndex
    from dnc_keras.datasets.in_memory import from_arrays
    from dnc_keras.datasets.vector_rows import VectorRows

__all__ = [
    "ARCHIVED",
    "DOWNLOADABLE",
    "Dataset",
    "ImageIndex",
    "VectorRows",
    "from_arrays",
    "load",
    "names_own_function",
    "with_cache",
]
_HOMES = {
    "ARCHIVED": "by_name",
    "DOWNLOADABLE": "by_name",
    "LOADERS": "by_name",
    "Dataset": "dataset",
    "ImageIndex": "image_index",
    "VectorRows": "vector_rows",
    "divides_classes": "by_name",
    "from_arrays": "in_memory",
    "load": "by_name",
    "names_own_function": "by_name",
    "with_cache": "cache",
}


def __getattr__(name):
    # The program `python -m dnc_keras.datasets` begins before TensorFlow.
    return lazy_name(__name__, name, _HOMES)
