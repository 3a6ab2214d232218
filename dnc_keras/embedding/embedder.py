"""Embeds images and vectors, in whatever form they are given."""

from __future__ import annotations

import numpy as np
from absl import logging

from dnc_keras.embedding.images import embed_images
from dnc_keras.embedding.images import embed_pixels
from dnc_keras.embedding.inputs import Images
from dnc_keras.embedding.inputs import Pixels
from dnc_keras.embedding.inputs import is_path
from dnc_keras.embedding.inputs import parts_of
from dnc_keras.embedding.run_signatures import RunSignatures
from dnc_keras.export.served_model import ServedModel
from dnc_keras.export.signatures import IMAGES
from dnc_keras.export.signatures import Signatures
from dnc_keras.neighbors.nearest import nearest_neighbors
from dnc_keras.runs import RunDirectory
from dnc_keras.runs.reading import is_run
from dnc_keras.runs.trained import TrainedRun
from dnc_keras.support import progress
from dnc_keras.support.checks import check_choice

ON_ERROR = ("raise", "nan")


class Embedder:
    """Embeds images or vectors, and finds the nearest: for notebooks.

    Whatever an image is given as, it goes the way of a file that is served:
    it is decoded, turned upright, resized and cut as in evaluation. So a
    file, its bytes and its decoded pixels have the same embedding.

    Args:
        signatures: what embeds, such as a `gallery.ServedModel`. `load` makes
            it of a folder.

    Attributes:
        takes: "images" or "vectors".
        embedding_dim: width of the embeddings.
        num_learners: number of equal slices of the embedding, one of each
            learner; None where there is none.
        image_size: height and width of the images that the network takes, one
            number if they are equal; None for vectors.
        feature_dim: width of the vectors; None for images.

    Example:

        embedder = dnc.Embedder.load("runs/cars")
        gallery = embedder.embed(paths)
        distances, rows = embedder.nearest("new.jpg", gallery, k=5)
    """

    def __init__(self, signatures: Signatures):
        self.signatures = signatures
        self.takes = signatures.takes
        self.embedding_dim = signatures.embedding_dim
        self.num_learners = signatures.num_learners
        self.image_size = signatures.image_size
        self.feature_dim = signatures.feature_dim

    @classmethod
    def load(cls, path) -> Embedder:
        """Opens a run or an export.

        Args:
            path: the folder of a run, of which the model of the selected epoch
                is taken, whatever was exported of it; or a SavedModel, or the
                folder of its versions, of which the newest is taken.

        Raises:
            ValueError, OSError: where there is no such model, or a damaged
                one.
        """
        directory = RunDirectory(path)
        if is_run(directory):
            return cls(RunSignatures(TrainedRun(directory)))
        return cls(ServedModel(path))

    def embed(
        self, inputs, on_error: str = "raise", show_progress: bool = False
    ) -> np.ndarray:
        """Embeds images, or vectors.

        Args:
            inputs: for a model of images, of any size: a path, or a list of
                paths; encoded images, bytes; uint8 arrays `[num, height,
                width, 3]`, or a list of arrays of different sizes, gray ones
                `[height, width]` too; PIL images. Float arrays `[num, height,
                width, 3]` of values 0 to 255 are taken as they are, and must
                have the size that the network takes. For a model of vectors:
                `[num, feature_dim]` numbers, memory-mapped too. For both: a
                `tf.data.Dataset` of batches of one of these, or of tuples
                that begin with it; the `ImageIndex` of a data set.
            on_error: what to do with images that cannot be read: "raise", the
                default, names all of them in an error, after all others were
                embedded; "nan" logs their names and leaves a row of NaN for
                each, so that all rows stay in their place.
            show_progress: whether a bar shows what takes more than 2 seconds.
                False, the default: only where a program has asked for bars.

        Returns:
            `[num, embedding_dim]` float32 array, in the order of the inputs.

        Raises:
            TypeError, ValueError: for other inputs, one line; for vectors
                given to a model of images, or the other way round.
        """
        check_choice("on_error", on_error, ON_ERROR)
        embeddings, unreadable, num = [], [], 0
        with progress.bars(show_progress):
            for part in parts_of(inputs):
                rows, reasons = self._embed_part(part)
                embeddings.append(rows)
                unreadable += [
                    f"{_name(part.items[at], num + at)} ({reason})"
                    for at, reason in sorted(reasons.items())
                ]
                num += len(rows)
        if unreadable:
            _tell(unreadable, num, on_error)
        if len(embeddings) == 1:
            return embeddings[0]
        empty = np.empty([0, self.embedding_dim], np.float32)
        return np.concatenate([empty, *embeddings])

    def nearest(
        self, queries, gallery=None, k: int = 5
    ) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest of a gallery for each query, by Euclidean distance.

        Args:
            queries: embeddings `[num_queries, embedding_dim]` as `embed`
                returns them, or what `embed` takes.
            gallery: the same, or an index that is held for many calls, a
                `gallery.ExactIndex` or `gallery.FaissIndex` of embeddings.
                None, the default: the queries themselves, of which each is
                left out of its own neighbors.
            k: number of neighbors.

        Returns:
            (distances, indices): `[num_queries, k]` float32 and int32 arrays,
            nearest first; of equal distances the lower index comes first.
        """
        queries = self._embeddings(queries)
        if gallery is None:
            return nearest_neighbors(queries, queries, k, exclude_self=True)
        if hasattr(gallery, "search"):
            return gallery.search(queries, k)
        return nearest_neighbors(queries, self._embeddings(gallery), k)

    def _embed_part(self, part):
        """(embeddings, why not by position) of a part of the inputs."""
        if isinstance(part, Images):
            if len(part.items):
                self.signatures.check_takes(IMAGES, _told(part.items))
            return embed_images(part.items, self.signatures)
        if isinstance(part, Pixels):
            return embed_pixels(part.array, self.signatures), {}
        return self.signatures.embed_vectors(part.rows), {}

    def _embeddings(self, given):
        shape = getattr(given, "shape", ())
        if len(shape) != 2 or shape[1] != self.embedding_dim:
            return self.embed(given)
        if self.feature_dim == self.embedding_dim:
            raise ValueError(
                "Vectors and embeddings of this model have the same width, so "
                f"that it cannot tell which of them are given. Received: width "
                f"{self.embedding_dim}. Use dnc.metrics.nearest_neighbors("
                "embedder.embed(...), embedder.embed(...), k)."
            )
        return given


def _tell(unreadable, num, on_error):
    told = f"{len(unreadable):,} of {num:,}: {', '.join(unreadable)}"
    if on_error == "nan":
        logging.warning("Images that are not readable get NaN: %s.", told)
        return
    raise ValueError(
        f"All images must be readable. Received: {told}. Repair or leave them "
        'out, or use on_error="nan" for rows of NaN.'
    )


def _name(item, position):
    return str(item) if is_path(item) else f"image {position}"


def _told(items):
    item = items[0]
    if is_path(item):
        return "image paths"
    return "encoded images" if isinstance(item, bytes) else "images"
