"""Images and embeddings, by the path that tells which of them it is."""

from __future__ import annotations

import pathlib
from typing import Optional

from dnc_keras.export.served_model import ServedModel
from dnc_keras.gallery.collection import Collection
from dnc_keras.gallery.embedding_cache import EmbeddingCache
from dnc_keras.gallery.embedding_file import EXTENSIONS
from dnc_keras.gallery.embedding_file import read_embeddings
from dnc_keras.gallery.image_folder import embed_folder


class Sources:
    """Reads each path once, and loads the model when an image needs it.

    Args:
        export_dir: as for `ServedModel`; "" where there are no images.
        cache_dir: folder of the `EmbeddingCache`.
    """

    def __init__(self, export_dir, cache_dir):
        self._export_dir = export_dir
        self._cache = EmbeddingCache(cache_dir)
        self._model = None
        self._collections = {}

    @property
    def num_learners(self) -> Optional[int]:
        """Slices of the embeddings, as far as a model was needed and tells."""
        return self._model.num_learners if self._model else None

    @property
    def unreadable(self) -> list[tuple[str, str]]:
        """(name, reason) of all images that were left out."""
        return [
            pair
            for collection in self._collections.values()
            for pair in collection.unreadable
        ]

    def read(self, path) -> Collection:
        """The embeddings in a file, or of the images in a folder.

        Raises:
            ValueError, OSError: where there are none.
        """
        if path not in self._collections:
            self._collections[path] = self._read(path)
        return self._collections[path]

    def _read(self, path):
        if pathlib.PurePath(path).suffix in EXTENSIONS:
            return read_embeddings(path)
        if not self._export_dir:
            raise ValueError(
                "Images need a model. Received: no --export_dir. Give the "
                "folder that a training wrote, RUN_DIR/export."
            )
        if self._model is None:
            self._model = ServedModel(self._export_dir)
        return embed_folder(path, self._model, self._cache)
