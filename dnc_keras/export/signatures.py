"""The signatures of an exported model, as functions of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Optional

import numpy as np
import tensorflow as tf

from dnc_keras.arrays.memory import aligned_empty
from dnc_keras.arrays.memory import rows_within
from dnc_keras.datasets.vector_rows import VectorRows
from dnc_keras.support import progress

IMAGES = "images"
VECTORS = "vectors"
_BLOCK_BYTES = 2**24


class Signatures:
    """Embeds images or vectors as a server would.

    Args:
        functions: concrete functions by the names of the signatures: for
            images `serving_bytes`, for vectors `serving_default(features)`.
        facts: what `dnc_keras.json` says of the model; {} where nothing.
        name: where the model is from, for messages.

    Attributes:
        takes: "images" or "vectors".
        signature: the function of what is served, `serving_bytes(image_bytes)`
            or `serving_default(features)`, to a dict of tensors.
        embedding_dim: width of the embeddings.
        image_size: height and width of images in pixels, one number if they
            are equal; None for vectors, and where the model does not tell.
        feature_dim: width of the vectors; None for images.
        num_learners: number of equal slices of the embedding, one of each
            learner. None where the model does not tell, and where learners
            share units (`masks="learned"`), so that none has a slice.

    Raises:
        ValueError: where there is no such signature.
    """

    def __init__(self, functions: Mapping, facts: Mapping, name: str):
        self._inputs = _arguments(functions.get("serving_default"))
        self._of_inputs = functions.get("serving_default")
        if _embeds(functions.get("serving_bytes")):
            self.takes, self.signature = IMAGES, functions["serving_bytes"]
        elif list(self._inputs) == ["features"] and _embeds(self._of_inputs):
            self.takes, self.signature = VECTORS, self._of_inputs
        else:
            raise ValueError(
                "export_dir must hold a model with the signature "
                "serving_bytes(image_bytes) -> embedding, or "
                "serving_default(features) -> embedding. Received: "
                f"{name!r} with {sorted(functions)}. "
                "Export one with dnc_keras.export_model."
            )
        self.embedding_dim = self._outputs["embedding"].shape[1]
        self.num_learners = self._count_learners(facts)

    @property
    def image_shape(self) -> Optional[tuple]:
        """(height, width, channels) of the images that the network takes."""
        spec = self._inputs.get("images")
        return None if spec is None else tuple(spec.shape[1:])

    @property
    def image_size(self):
        if self.image_shape is None:
            return None
        height, width, _ = self.image_shape
        return height if height == width else (height, width)

    @property
    def feature_dim(self) -> Optional[int]:
        is_of_vectors = self.takes == VECTORS
        return self._inputs["features"].shape[1] if is_of_vectors else None

    def embed(self, image_bytes: Sequence[bytes]) -> np.ndarray:
        """Embeds encoded images.

        Args:
            image_bytes: `[batch_size]` bytes, each an encoded image.

        Returns:
            `[batch_size, embedding_dim]` float32 array.

        Raises:
            tf.errors.OpError: where one of them cannot be decoded.
            ValueError: where the model takes vectors.
        """
        self.check_takes(IMAGES, "encoded images")
        outputs = self.signature(image_bytes=tf.constant(image_bytes))
        return outputs["embedding"].numpy()

    def embed_pixels(self, images) -> np.ndarray:
        """Embeds images as the network takes them, cut and resized.

        Args:
            images: `[batch_size, height, width, channels]` float32 array or
                tensor, values 0 to 255.
        """
        outputs = self._of_inputs(images=tf.cast(images, tf.float32))
        return outputs["embedding"].numpy()

    def embed_vectors(self, vectors, name: str = "vectors") -> np.ndarray:
        """Embeds vectors, of memory-mapped files, too, a block at a time.

        Args:
            vectors: `[num_vectors, feature_dim]` array of numbers, or
                `VectorRows`.
            name: what they are called, for messages.

        Returns:
            `[num_vectors, embedding_dim]` float32 array.

        Raises:
            ValueError: for another width, for NaN, infinity and rows of zeros,
                and where the model takes images.
        """
        vectors = _rows(vectors)
        self.check_takes_vectors(vectors.dim, name)
        embeddings = aligned_empty([len(vectors), self.embedding_dim])
        step = rows_within(_BLOCK_BYTES, vectors.dim)
        starts = range(0, len(vectors), step)
        for start in progress.track(starts, f"embedding {name}"):
            rows = vectors.take(slice(start, start + step))
            _check_fit(rows, start, name)
            outputs = self.signature(features=tf.constant(rows))
            embeddings[start : start + step] = outputs["embedding"]
        return embeddings

    def check_takes_vectors(self, dim: int, name: str):
        """Raises ValueError unless the model takes vectors of a width.

        Args:
            dim: their width.
            name: what they are called, for the message.
        """
        self.check_takes(VECTORS, f"{name} of width {dim}")
        if self.feature_dim not in (None, dim):
            raise ValueError(
                f"This model embeds vectors of width {self.feature_dim}. "
                f"Received: width {dim} in {name}. "
                + self._remedy_of_width(dim)
            )

    def _remedy_of_width(self, dim):
        if dim == self.embedding_dim:
            return "Embeddings that it made need no model: leave it out."
        return "Give vectors of the kind that it was trained on."

    def check_takes(self, kind: str, received: str):
        """Raises ValueError unless the model takes "images" or "vectors".

        Args:
            kind: which of the two.
            received: what came, for the message.
        """
        if self.takes != kind:
            width = self.feature_dim
            told = f"vectors of width {width}" if width else self.takes
            raise ValueError(
                f"This model embeds {told}. Received: {received}. Give "
                f"{self.takes}, or a model of {kind}."
            )

    @property
    def _outputs(self):
        return self.signature.structured_outputs

    def _count_learners(self, facts):
        if "per_learner" in self._outputs:
            _, num_learners, dim = self._outputs["per_learner"].shape
            is_whole = num_learners * dim == self.embedding_dim
            return num_learners if is_whole else None
        num_learners = facts.get("num_learners")
        if facts.get("masks") == "learned" or not isinstance(num_learners, int):
            return None
        is_divisor = num_learners > 0 and not self.embedding_dim % num_learners
        return num_learners if is_divisor else None


def _embeds(function):
    return "embedding" in getattr(function, "structured_outputs", {})


def _arguments(function):
    """The `tf.TensorSpec`s of a signature by name."""
    return function.structured_input_signature[1] if function else {}


def _rows(vectors):
    if isinstance(vectors, VectorRows):
        return vectors
    if tf.is_tensor(vectors):
        vectors = vectors.numpy()
    return VectorRows.of(vectors)


def _check_fit(rows, start, name):
    for row, reason in VectorRows.of(rows).find_unreadable()[:1]:
        raise ValueError(
            "Each vector must be finite, and not all zeros. Received: row "
            f"{start + row} of {name}: {reason}. Compute it again, or leave it "
            "out."
        )
