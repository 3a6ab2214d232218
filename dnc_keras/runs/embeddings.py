"""Files of embeddings: what a training made of each image."""

from __future__ import annotations

import numpy as np
from absl import logging

from dnc_keras.runs.directory import RunDirectory
from dnc_keras.runs.files import read_arrays
from dnc_keras.support.formats import stamped
from dnc_keras.support.whole_files import write_npz


def save_embeddings(run: RunDirectory, part: str, embeddings, labels):
    """Keeps the embeddings of some images in `embeddings/PART.npz`.

    Args:
        run: the training.
        part: which images these are: train, held_out, test, query or gallery.
        embeddings: `[num_images, embedding_dim]` array.
        labels: `[num_images]` integers.
    """
    run.embeddings.mkdir(exist_ok=True)
    contents = stamped({"embeddings": embeddings, "labels": labels})
    write_npz(_file(run, part), contents)


def has_embeddings(run: RunDirectory, part: str) -> bool:
    """Whether the embeddings of some images were kept and can be read."""
    if not _file(run, part).exists():
        return False
    try:
        _read(_file(run, part))
    except ValueError as error:
        logging.warning("Embeddings are made again. %s", error)
        return False
    return True


def read_embeddings(run: RunDirectory, part: str) -> tuple:
    """The embeddings of some images, of whatever images they are.

    Args:
        run: the training.
        part: as in `save_embeddings`.

    Returns:
        (embeddings, labels): `[num_images, embedding_dim]` and `[num_images]`
        arrays.

    Raises:
        ValueError: where they cannot be read.
    """
    return _read(_file(run, part))


def load_embeddings(run: RunDirectory, part: str, labels) -> np.ndarray:
    """The embeddings of some images.

    Args:
        run: the training.
        part: as in `save_embeddings`.
        labels: `[num_images]` integers, those of the images now.

    Returns:
        `[num_images, embedding_dim]` array.

    Raises:
        ValueError: where they cannot be read, or are of other images.
    """
    embeddings, saved_labels = read_embeddings(run, part)
    if not np.array_equal(saved_labels, labels):
        raise ValueError(
            f"{_file(run, part)} must be of the images that the data set has. "
            f"Received: {len(saved_labels)} images, not these {len(labels)}. "
            "Remove it, and let dnc_keras.report make it again."
        )
    return embeddings


def _read(path):
    try:
        arrays = read_arrays(path)
        return arrays["embeddings"], arrays["labels"]
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            f"{path} must hold embeddings. Received: {error}. Remove it, and "
            "let dnc_keras.report make it again."
        ) from error


def _file(run, part):
    return run.embeddings / f"{part}.npz"
