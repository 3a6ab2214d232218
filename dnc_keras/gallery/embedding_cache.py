"""Embeddings on disk, by the content of the image and by the model."""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from collections.abc import Iterable
from collections.abc import Mapping

import numpy as np

from dnc_keras.support.paths import expanded_path

_TABLE = (
    "CREATE TABLE IF NOT EXISTS embeddings (model TEXT, digest BLOB, "
    "embedding BLOB, PRIMARY KEY (model, digest)) WITHOUT ROWID"
)
_READ = "SELECT embedding FROM embeddings WHERE model = ? AND digest = ?"
_WRITE = "INSERT OR REPLACE INTO embeddings VALUES (?, ?, ?)"
# Seconds that another process may write before this one gives up.
_PATIENCE = 60.0
_SUM_BYTES = 4


class EmbeddingCache:
    """Keeps each embedding that was computed, so that it is computed once.

    A renamed image keeps its embedding, a changed one gets a new one, and so
    does every image under another model. One whose bytes were damaged since is
    computed again. Several processes may use one cache. It may be deleted at
    any time.

    Args:
        folder: where `embeddings.sqlite3` is, or is made.
        setting: what names it, for messages.
    """

    def __init__(self, folder, setting="cache_dir"):
        self._setting = setting
        self._folder = expanded_path(folder)
        self.path = self._folder / "embeddings.sqlite3"

    def read(
        self, model: str, digests: Iterable[bytes]
    ) -> dict[bytes, np.ndarray]:
        """The embeddings that are there, by the digest of the image.

        Args:
            model: version of the model.
            digests: bytes, digests of the contents of images.

        Returns:
            A dict of `[embedding_dim]` float32 arrays.
        """
        with self._open() as database:
            rows = {
                digest: database.execute(_READ, (model, digest)).fetchone()
                for digest in digests
            }
        found = {d: _unpacked(row[0]) for d, row in rows.items() if row}
        return {d: row for d, row in found.items() if row is not None}

    def write(self, model: str, embeddings: Mapping[bytes, np.ndarray]):
        """Keeps embeddings, `[embedding_dim]` each, by digest."""
        with self._open() as database:
            database.executemany(
                _WRITE,
                [
                    (model, digest, _packed(embedding))
                    for digest, embedding in embeddings.items()
                ],
            )

    @contextlib.contextmanager
    def _open(self):
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            connection = sqlite3.connect(self.path, timeout=_PATIENCE)
            with contextlib.closing(connection), connection:
                connection.execute(_TABLE)
                yield connection
        except sqlite3.Error as error:
            raise ValueError(
                f"{self._setting} must hold a cache that can be read and "
                f"written. Received: {str(self.path)!r} ({error}). Delete that "
                f"file, or use another {self._setting}."
            ) from error


def _packed(embedding):
    data = np.asarray(embedding, "<f4").tobytes()
    return data + _sum_of(data)


def _unpacked(blob):
    """The embedding, or None where its sum tells that it is another one."""
    if not isinstance(blob, bytes):
        return None
    data, found = blob[:-_SUM_BYTES], blob[-_SUM_BYTES:]
    return np.frombuffer(data, "<f4") if found == _sum_of(data) else None


def _sum_of(data):
    # From 1 on, so that zeros are no sum of nothing.
    return zlib.crc32(data, 1).to_bytes(_SUM_BYTES, "little")
