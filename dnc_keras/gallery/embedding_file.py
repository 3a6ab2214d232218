"""Embeddings that were computed elsewhere."""

from __future__ import annotations

import numpy as np

from dnc_keras.arrays.memory import aligned_empty
from dnc_keras.gallery.collection import Collection
from dnc_keras.support.damage import reading
from dnc_keras.support.paths import expanded_path
from dnc_keras.support.zip_bounds import check_unpacked

EXTENSIONS = (".npz", ".npy")
_FORMAT = (
    "a .npz with embeddings [num, embedding_dim] and, if you like, ids [num], "
    "or a .npy of embeddings alone"
)


def read_embeddings(path) -> Collection:
    """Reads a file of embeddings, for a gallery of any size.

    Args:
        path: a `.npz` with the arrays `embeddings`, `[num, embedding_dim]`
            numbers, and optionally `ids`, `[num]` text or numbers; or a
            `.npy` of the embeddings alone. Without ids, rows are named by
            their number, from 0.

    Returns:
        A `Collection` without files.

    Raises:
        ValueError, OSError: for a file that is no such one.
    """
    path = expanded_path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"Embeddings must be {_FORMAT}. Received: {str(path)!r}, which is "
            "no file. Check the path."
        )
    remedy = "Write one with numpy.savez(path, embeddings=..., ids=...)."
    # NumPy leaves a damaged file open that it opened itself.
    with open(path, "rb") as file, reading(path, _FORMAT, remedy):
        embeddings, ids = _load(file)
    return _collection(path, embeddings, ids)


def _load(file):
    """(embeddings, ids or None)."""
    loaded = np.load(file, allow_pickle=False)
    if isinstance(loaded, np.ndarray):
        return loaded, None
    check_unpacked(loaded.zip, file)
    return loaded["embeddings"], loaded["ids"] if "ids" in loaded else None


def _collection(path, embeddings, ids):
    is_numeric = embeddings.dtype.kind in "fiu"
    if embeddings.ndim != 2 or not embeddings.size or not is_numeric:
        raise ValueError(
            f"Embeddings must be {_FORMAT}. Received: {embeddings.dtype} of "
            f"shape {list(embeddings.shape)} in {str(path)!r}. Write one row "
            "of numbers for each image."
        )
    ids = np.arange(len(embeddings)) if ids is None else ids
    if ids.shape != embeddings.shape[:1]:
        raise ValueError(
            "ids must be one for each row of embeddings. Received: shapes "
            f"{list(ids.shape)} and {list(embeddings.shape)} in "
            f"{str(path)!r}. Write both for the same images."
        )
    # What is searched is held once, where TensorFlow can read it.
    held = aligned_empty(embeddings.shape)
    held[:] = embeddings
    return Collection(ids.astype(str).tolist(), held)
