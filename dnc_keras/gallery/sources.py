"""Images and embeddings, by the path that tells which of them it is."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from typing import Optional

from dnc_keras.export.mirroring import MirrorAveraged
from dnc_keras.export.served_model import ServedModel
from dnc_keras.export.signatures import IMAGES
from dnc_keras.export.signatures import VECTORS
from dnc_keras.gallery.collection import Collection
from dnc_keras.gallery.embedding_cache import EmbeddingCache
from dnc_keras.gallery.embedding_file import EXTENSIONS
from dnc_keras.gallery.embedding_file import read_embeddings
from dnc_keras.gallery.image_folder import embed_folder
from dnc_keras.gallery.vector_file import embed_vector_file
from dnc_keras.reranking import Whitening


class Sources:
    """Reads each path once, and embeds what the model takes.

    Args:
        export_dir: as for `ServedModel`; "" where all paths are files of
            embeddings.
        cache_dir: folder of the `EmbeddingCache`.
        flip: whether images are averaged with their mirror images.

    Attributes:
        feature_dims: by the path of each file of rows, the width of the
            vectors that the model embedded; None where they are embeddings.
    """

    def __init__(self, export_dir, cache_dir, flip=False):
        self._export_dir = export_dir
        self._flip = flip
        self._whitening = None
        self._cache = EmbeddingCache(cache_dir)
        self._has_embedded = False
        self._collections = {}
        self.feature_dims = {}

    @property
    def num_learners(self) -> Optional[int]:
        """Slices of the embeddings, as far as a model made them and tells."""
        if not self._has_embedded or self._whitening is not None:
            return None
        return self._model.num_learners

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
            self._collections[path] = self._whitened(self._read(path))
        return self._collections[path]

    def whiten(self, path, dim: int):
        """Whitens all that is read from now on, fitted on what is in a path.

        Args:
            path: the gallery; never what is searched for.
            dim: components that are kept.
        """
        rows = self.read(path).embeddings
        self._whitening = Whitening(rows, dim)
        self._collections = {
            path: self._whitened(collection)
            for path, collection in self._collections.items()
        }

    def _whitened(self, collection):
        if self._whitening is None:
            return collection
        rows = self._whitening(collection.embeddings)
        return dataclasses.replace(collection, embeddings=rows)

    @functools.cached_property
    def _model(self):
        model = ServedModel(self._export_dir)
        return MirrorAveraged(model) if self._flip else model

    def _read(self, path):
        is_file = pathlib.PurePath(path).suffix in EXTENSIONS
        if is_file and not self._embeds_vectors():
            self._check_flip(path)
            self.feature_dims[path] = None
            return read_embeddings(path)
        if not self._export_dir:
            raise ValueError(
                "Images need a model. Received: no --export_dir. Give the "
                "folder that a training wrote, RUN_DIR/export."
            )
        self._has_embedded = True
        if not is_file:
            self._model.check_takes(IMAGES, f"{str(path)!r}, no .npz or .npy")
            return embed_folder(path, self._model, self._cache)
        self.feature_dims[path] = self._model.feature_dim
        return embed_vector_file(path, self._model)

    def _check_flip(self, path):
        if self._flip:
            raise ValueError(
                f"flip mirrors images. Received: embeddings in {str(path)!r}. "
                "Leave it out, or give the folders of images."
            )

    def _embeds_vectors(self):
        return bool(self._export_dir) and self._model.takes == VECTORS
