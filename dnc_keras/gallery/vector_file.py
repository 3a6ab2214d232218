"""Files of vectors that a model embeds."""

from __future__ import annotations

import numpy as np

from dnc_keras.datasets.vector_files import map_npy
from dnc_keras.datasets.vector_files import map_npz
from dnc_keras.export.signatures import Signatures
from dnc_keras.gallery.collection import Collection
from dnc_keras.support.paths import expanded_path


def embed_vector_file(path, model: Signatures) -> Collection:
    """Embeds the vectors of a file, which is read a block at a time.

    Args:
        path: a `.npz` with `embeddings`, `features` or `vectors`, `[num,
            feature_dim]` numbers, and optionally `ids`, `[num]` text or
            integers; or a `.npy` of vectors alone. Without ids, rows are named
            by their number, from 0.
        model: what embeds; it takes vectors.

    Returns:
        A `Collection` without files.

    Raises:
        ValueError, OSError: for another file, and for vectors that the model
            does not take.
    """
    path = expanded_path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"Vectors must be a .npz or .npy file. Received: {str(path)!r}, "
            "which is no file. Check the path."
        )
    vectors, columns = (
        map_npz(path) if path.suffix == ".npz" else (map_npy(path), {})
    )
    ids = columns.get("id", np.arange(len(vectors)))
    if len(ids) != len(vectors):
        raise ValueError(
            "ids must be one for each vector. Received: "
            f"{len(ids):,} for {len(vectors):,} in {str(path)!r}. Write both "
            "for the same vectors."
        )
    embeddings = model.embed_vectors(vectors, path.name)
    return Collection(ids.astype(str).tolist(), embeddings)
