"""Things with embeddings: a gallery, or the queries to it."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Optional

import numpy as np


@dataclasses.dataclass(frozen=True)
class Collection:
    """Embeddings and what they are embeddings of.

    Args:
        names: `[num]` str, what people call them, such as paths in a folder.
        embeddings: `[num, embedding_dim]` float32 array.
        files: `[num]` paths of the images. None, the default: there are none.
        digests: `[num]` bytes; images with the same content have the same.
            None, the default: not known.
        unreadable: `[num_unreadable]` pairs of name and reason, of images that
            were left out.
    """

    names: Sequence[str]
    embeddings: np.ndarray
    files: Optional[Sequence[pathlib.Path]] = None
    digests: Optional[Sequence[bytes]] = None
    unreadable: Sequence[tuple[str, str]] = ()

    def __len__(self):
        return len(self.names)

    def file(self, row: int) -> Optional[pathlib.Path]:
        """The image of one row, or None."""
        return self.files[row] if self.files else None
