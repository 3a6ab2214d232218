"""Embeddings of images averaged with those of their mirror images."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from dnc_keras.images import decode
from dnc_keras.images.orientation import orient
from dnc_keras.reranking.unit_vectors import unit

# Mirrored images that are held at a time; a larger one is on its own.
_MAX_BYTES = 2**28


class MirrorAveraged:
    """A model that looks at each image twice, as it is and mirrored.

    The mean of both embeddings is scaled to length 1. Everything else is that
    of the model; its `version` is another one, so that caches do not mix them.

    Args:
        model: `Signatures` of a model of images, such as a `ServedModel`.

    Raises:
        ValueError: where the model takes vectors.
    """

    def __init__(self, model):
        check_mirrored(model)
        self._model = model

    def __getattr__(self, name):
        return getattr(self._model, name)

    @property
    def version(self) -> str:
        return f"{self._model.version}+mirrored"

    def embed(self, image_bytes: Sequence[bytes]) -> np.ndarray:
        """As `Signatures.embed`, averaged."""
        plain = self._model.embed(image_bytes)
        return mean_of_mirrored(plain, embed_mirrored(self._model, image_bytes))


def check_mirrored(model):
    """Raises ValueError where a model takes what has no mirror image."""
    if model.takes != "images":
        raise ValueError(
            "flip mirrors images. Received: a model of vectors, which have no "
            "mirror image. Leave out flip, or average the vectors yourself."
        )


def mean_of_mirrored(plain, mirrored) -> np.ndarray:
    """The means of embeddings of length 1, of length 1 again.

    Args:
        plain: `[num_images, embedding_dim]` array.
        mirrored: the same of the mirror images.
    """
    return unit(np.asarray(plain) + np.asarray(mirrored))


def embed_mirrored(model, image_bytes: Sequence[bytes]) -> np.ndarray:
    """Embeds the mirror images of encoded images.

    Args:
        model: `Signatures` of a model of images.
        image_bytes: `[num_images]` bytes, each an encoded image.

    Returns:
        `[num_images, embedding_dim]` array.

    Raises:
        tf.errors.OpError: where one of them cannot be decoded.
    """
    return np.concatenate(
        [model.embed(group) for group in _mirrored(image_bytes)]
    )


def _mirrored(image_bytes) -> Iterator[list]:
    """Yields mirrored images, encoded, as many as can be held."""
    group, total = [], 0
    for content in image_bytes:
        image = mirror(tf.constant(content)).numpy()
        if group and total + len(image) > _MAX_BYTES:
            yield group
            group, total = [], 0
        group.append(image)
        total += len(image)
    yield group


@tf.function(input_signature=[tf.TensorSpec([], tf.string)])
def mirror(contents):
    """Turns an encoded image upright and mirrors it left and right.

    Args:
        contents: scalar string tensor, an encoded image.

    Returns:
        A scalar string tensor, the mirror image as a PNG.
    """
    upright = orient(decode(contents), contents, mirror=True)
    # Compressed, it would take seven times as long.
    return tf.io.encode_png(upright, compression=0)


def mirrored_pixels(images):
    """The mirror images of a batch that is decoded.

    Args:
        images: `[batch_size, height, width, channels]` tensor.

    Raises:
        ValueError: for another shape.
    """
    rank = len(getattr(images, "shape", ()))
    if rank != 4:
        raise ValueError(
            "flip mirrors images [batch_size, height, width, channels]. "
            f"Received: a batch of {rank} axes, by the run's own load_image. "
            "Leave out flip."
        )
    return tf.image.flip_left_right(images)
