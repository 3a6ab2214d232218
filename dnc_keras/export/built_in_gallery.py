"""Images to search in, carried by the exported model itself."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from dnc_keras import images
from dnc_keras.batches.extraction import extract
from dnc_keras.batches.ordered import image_dataset
from dnc_keras.datasets.nested_images import find_images
from dnc_keras.datasets.similar_names import warn_of_similar
from dnc_keras.images.paths import as_tensor
from dnc_keras.images.paths import why_unfit
from dnc_keras.images.requirement import REFUSALS
from dnc_keras.support.checks import check_count
from dnc_keras.support.paths import expanded_path

# Bytes of embeddings: 1,048,576 images at 128 dimensions. Each query reads
# them all; beyond, a search engine of its own is better.
MAX_BYTES = 2**29


class Gallery(tf.Module):
    """The embeddings of a gallery, and an exact search in them.

    Args:
        embeddings: `[num_images, embedding_dim]` array.
        paths: `num_images` str, returned for what is found.
        labels: `num_images` str, returned too.
        top_k: number of neighbours; all where there are fewer images.

    Raises:
        ValueError: for more than 2**29 bytes of embeddings.
    """

    def __init__(self, embeddings, paths: Sequence, labels: Sequence, top_k=10):
        super().__init__()
        _check_size(*np.shape(embeddings))
        check_count("top_k", top_k)
        self.num_images = len(paths)
        self._top_k = min(top_k, self.num_images)
        self._embeddings = _constant(np.asarray(embeddings, np.float32))
        self._paths = _constant(as_tensor(paths))
        self._labels = _constant(as_tensor(labels))

    def search(self, queries) -> dict:
        """The nearest images of each query, by Euclidean distance.

        Args:
            queries: `[num_queries, embedding_dim]` tensor, rows of length 1.

        Returns:
            A dict of `[num_queries, top_k]` tensors, nearest first: `ids`
            int32, places in the gallery; `distances` float32; `paths` and
            `labels` string.
        """
        cosines = tf.matmul(queries, self._embeddings, transpose_b=True)
        ids = tf.math.top_k(cosines, self._top_k).indices
        found = tf.gather(self._embeddings, ids)
        return {
            "ids": ids,
            # Not from the cosine, which has no digits left for what is near.
            "distances": tf.norm(queries[:, None] - found, axis=-1),
            "paths": tf.gather(self._paths, ids),
            "labels": tf.gather(self._labels, ids),
        }


def embed_gallery(
    folder, embed: Callable, embedding_dim: int, top_k: int = 10
) -> Gallery:
    """Embeds all images in a folder and in the folders in it.

    Images are found by their extension; hidden files and folders are skipped.

    Args:
        folder: where the images are.
        embed: function from `[batch_size]` encoded images, a string tensor,
            to `[batch_size, embedding_dim]`.
        embedding_dim: length of an embedding.
        top_k: number of neighbours that a search returns.

    Returns:
        A `Gallery`; paths are relative to `folder`, and the label of an image
        is the folder that it is in, "" directly in `folder`.

    Raises:
        ValueError, OSError: where there is none, too many, or one that cannot
            be decoded.
    """
    root = expanded_path(folder)
    paths = [str(path) for path in find_images(root)]
    names = [pathlib.Path(path).relative_to(root) for path in paths]
    _check_size(len(paths), embedding_dim)
    check_count("top_k", top_k)
    _check_fit(paths)
    encoded = image_dataset(len(paths), images.byte_reader(paths))
    try:
        embeddings = extract(embed, encoded)
    except REFUSALS as error:
        raise _refused(_first_refused(paths, embed)) from error
    parents = [name.parent.as_posix() for name in names]
    labels = ["" if parent == "." else parent for parent in parents]
    warn_of_similar(labels)
    return Gallery(embeddings, [n.as_posix() for n in names], labels, top_k)


def _check_fit(paths):
    for path in paths:
        if reason := why_unfit(path):
            raise _refused(f"{path} ({reason})")


def _refused(told):
    return ValueError(
        "Every image of the gallery must be one that the model takes. "
        f"Received: {told}. Repair, shrink or remove it."
    )


def _first_refused(paths, embed):
    for path in paths:
        try:
            embed(tf.io.read_file(as_tensor([path])[0])[None])
        except REFUSALS:
            return path
    return "one that is in order now"


def _check_size(num_images, embedding_dim):
    num_bytes = 4 * num_images * embedding_dim
    if num_bytes > MAX_BYTES:
        raise ValueError(
            f"A gallery inside the model must have at most {MAX_BYTES} bytes "
            f"of embeddings, {MAX_BYTES // (4 * embedding_dim)} images. "
            f"Received: {num_bytes} bytes, {num_images} images. Serve "
            "embeddings, and search them in an index beside the server."
        )


def _constant(value):
    # A variable, for the graph of a SavedModel must be below 2 GB.
    return tf.Variable(value, trainable=False)
