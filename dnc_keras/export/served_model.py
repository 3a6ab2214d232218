"""A SavedModel that embeds encoded images."""

from __future__ import annotations

import contextlib
import hashlib
import pathlib
from collections.abc import Sequence
from typing import Optional

import numpy as np
import tensorflow as tf

from dnc_keras.export import latest_version
from dnc_keras.images.requirement import one_line
from dnc_keras.support.damage import reading
from dnc_keras.support.formats import unstamped
from dnc_keras.support.special_files import check_entries
from dnc_keras.support.whole_files import read_json

FACTS = pathlib.PurePath("assets.extra", "dnc_keras.json")


class ServedModel:
    """Embeds images as a server would, through `serving_bytes`.

    Args:
        export_dir: a SavedModel, or the folder of its versions, of which the
            newest is taken.

    Attributes:
        path: folder of the SavedModel.
        signature: the function `serving_bytes`, for tensors.
        version: hexadecimal digest of the graph and its variables, the same
            for each copy of a model.
        num_learners: number of equal slices of the embedding, one of each
            learner. None where the model does not tell, and where learners
            share units (`masks="learned"`), so that none has a slice.

    Raises:
        ValueError: where there is no such model, or a damaged one.
    """

    def __init__(self, export_dir):
        self.path = latest_version(export_dir)
        check_entries(
            self.path.rglob("*"),
            "export_dir",
            "Export the model again with dnc_keras.export_model.",
        )
        self.version = _digest_of_model(self.path)
        # The whole object: a signature alone does not keep its variables.
        self._loaded = _load(self.path)
        self.signature = self._loaded.signatures.get("serving_bytes")
        self._check()
        self.num_learners = self._read_num_learners()

    def embed(self, image_bytes: Sequence[bytes]) -> np.ndarray:
        """Embeds encoded images.

        Args:
            image_bytes: `[batch_size]` bytes, each an encoded image.

        Returns:
            `[batch_size, embedding_dim]` float32 array.

        Raises:
            tf.errors.OpError: where one of them cannot be decoded.
        """
        outputs = self.signature(image_bytes=tf.constant(image_bytes))
        return outputs["embedding"].numpy()

    def _check(self):
        outputs = getattr(self.signature, "structured_outputs", {})
        if "embedding" not in outputs:
            raise ValueError(
                "export_dir must hold a model with the signature "
                "serving_bytes(image_bytes) -> embedding. Received: "
                f"{str(self.path)!r} with {sorted(self._loaded.signatures)}. "
                "Export one with dnc_keras.export_model."
            )

    def _read_num_learners(self) -> Optional[int]:
        outputs = self.signature.structured_outputs
        if "per_learner" in outputs:
            _, num_learners, dim = outputs["per_learner"].shape
            whole = outputs["embedding"].shape[1]
            return num_learners if num_learners * dim == whole else None
        facts, dim = self._read_facts(), outputs["embedding"].shape[1]
        num_learners = facts.get("num_learners")
        if facts.get("masks") == "learned" or not isinstance(num_learners, int):
            return None
        is_divisor = num_learners > 0 and dim % num_learners == 0
        return num_learners if is_divisor else None

    def _read_facts(self):
        path = self.path / FACTS
        if not path.exists():
            return {}
        with reading(path, "JSON", "Remove it, or export the model again."):
            return unstamped(path, dict(read_json(path)))[0]


def _load(path):
    try:
        # Loading only logs what is wrong with it.
        with contextlib.suppress(FileNotFoundError):
            tf.saved_model.experimental.read_fingerprint(str(path))
        return tf.saved_model.load(str(path))
    except MemoryError:
        raise
    except Exception as error:  # Of any kind, where a file is damaged.
        raise ValueError(
            "export_dir must hold a whole SavedModel. Received: "
            f"{str(path)!r}, {one_line(error)}. Export it again with "
            "dnc_keras.export_model."
        ) from error


def _digest_of_model(path):
    digest = hashlib.blake2b(digest_size=16)
    for file in [
        path / "saved_model.pb",
        *sorted((path / "variables").glob("*")),
    ]:
        digest.update(file.read_bytes())
    return digest.hexdigest()
