"""What is known of each vector of a data set, for its inspection."""

from __future__ import annotations

import hashlib

import numpy as np

from dnc_keras.datasets.image_index import ImageIndex
from dnc_keras.datasets.spread import spread
from dnc_keras.support import progress

# Of one that nothing can be learned from, 0 bytes.
_FACTS = [("digest", "S16"), ("num_bytes", np.int64), ("length", np.float32)]
_NUM_ROWS = 1024


def examine_vectors(index: ImageIndex) -> tuple[np.ndarray, dict]:
    """Reads all vectors of an index.

    Returns:
        (facts, reasons): `[num_vectors]` structured array of `digest`,
        `num_bytes` and `length`; and why a vector is unfit, by its path.
    """
    facts = np.zeros(len(index), _FACTS)
    starts = range(0, len(index), _NUM_ROWS)
    for start in progress.track(starts, "reading vectors"):
        part = slice(start, start + _NUM_ROWS)
        rows = index.contents.take(part)
        facts["digest"][part] = [_digest(row) for row in rows]
        # Those that are not finite are left out below.
        with np.errstate(over="ignore", invalid="ignore"):
            facts["length"][part] = np.linalg.norm(rows, axis=1)
    facts["num_bytes"] = rows[0].nbytes
    reasons = {}
    for position, path, reason in index.find_unreadable():
        reasons[path] = reason
        facts["num_bytes"][position] = 0
    return facts, reasons


def _digest(row):
    return hashlib.blake2b(row, digest_size=16).digest()


def kinds_of_vectors(index: ImageIndex, facts: np.ndarray) -> dict:
    """`sizes` and `formats` as `inspect_dataset` tells them.

    Args:
        index: the vectors.
        facts: what `examine_vectors` returned.
    """
    types = sorted({shard.dtype.name for shard in index.contents.shards})
    kind = f"{index.feature_dim} x {', '.join(types)}"
    lengths = facts["length"][facts["num_bytes"] > 0]
    return {"sizes": {"length": spread(lengths)}, "formats": {kind: len(index)}}
