"""A SavedModel that embeds encoded images, or vectors."""

from __future__ import annotations

import contextlib
import hashlib
import pathlib

import tensorflow as tf

from dnc_keras.export import latest_version
from dnc_keras.export.signatures import Signatures
from dnc_keras.images.requirement import one_line
from dnc_keras.support.damage import reading
from dnc_keras.support.formats import unstamped
from dnc_keras.support.special_files import check_entries
from dnc_keras.support.whole_files import read_json

FACTS = pathlib.PurePath("assets.extra", "dnc_keras.json")


class ServedModel(Signatures):
    """Embeds images or vectors as a server would, through an export alone.

    Args:
        export_dir: a SavedModel, or the folder of its versions, of which the
            newest is taken.

    Attributes:
        path: folder of the SavedModel.
        version: hexadecimal digest of the graph and its variables, the same
            for each copy of a model.

    Those of `Signatures` too: `takes`, `signature`, `embedding_dim`,
    `image_size`, `feature_dim`, `num_learners`.

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
        super().__init__(
            self._loaded.signatures, self._read_facts(), str(self.path)
        )

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
