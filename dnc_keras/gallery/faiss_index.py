"""Approximate search in very large galleries, by faiss."""

from __future__ import annotations

import hashlib

import numpy as np

from dnc_keras.arrays.rows import Rows
from dnc_keras.gallery.exact_index import ExactIndex
from dnc_keras.neighbors.nearest import check_search
from dnc_keras.support.checks import check_count
from dnc_keras.support.damage import reading
from dnc_keras.support.extras import import_extra
from dnc_keras.support.paths import expanded_path
from dnc_keras.support.special_files import check_entries
from dnc_keras.support.whole_files import replaced

# faiss asks for 39 rows a list at least to train on. It would take 256, which
# is most of the time that building takes.
_ROWS_OF_A_LIST = 39
_SHARE_PROBED = 1 / 16
NUM_RECALL_QUERIES = 100


class FaissIndex:
    """Finds most of the nearest rows by looking at a part of the gallery.

    An inverted file (`IndexIVFFlat`): rows are put into lists by k-means, and
    a query looks at the nearest sixteenth of them. It is built in a fraction
    of the time of a graph (HNSW), and rows keep all their digits.

    Args:
        embeddings: `[num_gallery, embedding_dim]` array.
        folder: where the index is looked for and kept, as a file of the size
            of the embeddings. None, the default: nowhere.

    Raises:
        ValueError: where faiss is not installed.
    """

    def __init__(self, embeddings, folder=None):
        faiss = _import_faiss()
        self._gallery = Rows(embeddings)
        rows = np.ascontiguousarray(embeddings, np.float32)
        if folder is None:
            self._index = _build(faiss, rows)
        else:
            self._index = _read_or_build(faiss, rows, folder)
        self._num_probed = max(1, round(self._index.nlist * _SHARE_PROBED))

    def search(self, queries, k: int) -> tuple[np.ndarray, np.ndarray]:
        """As `ExactIndex.search`, but a neighbour may be missed."""
        check_search(Rows(queries), self._gallery, k, exclude_self=False)
        queries = np.ascontiguousarray(queries, np.float32)
        squares, found = self._search(queries, k, self._num_probed)
        # The lists of a query may hold fewer than k rows.
        missing = np.flatnonzero(found[:, -1] < 0)
        if missing.size:
            squares[missing], found[missing] = self._search(
                queries[missing], k, self._index.nlist
            )
        return np.sqrt(np.maximum(squares, 0.0)), found.astype(np.int32)

    def _search(self, queries, k, num_lists):
        self._index.nprobe = num_lists
        return self._index.search(queries, int(k))


def recall(
    index: FaissIndex, exact: ExactIndex, embeddings, k: int, seed: int = 0
) -> float:
    """Share of the k nearest that an index finds, of rows of the gallery.

    Args:
        index: what is measured.
        exact: the same gallery.
        embeddings: `[num_gallery, embedding_dim]` array, the gallery: 100 of
            its rows are the queries.
        k: number of neighbours, beside the row itself.
        seed: for the draw of the queries.

    Returns:
        The recall, 0 to 1.
    """
    check_count("k", k)
    num = min(NUM_RECALL_QUERIES, len(embeddings))
    drawn = np.random.default_rng(seed).choice(len(embeddings), num, False)
    queries = np.asarray(embeddings)[drawn]
    depth = min(k + 1, len(embeddings))
    pairs = zip(
        drawn, *(one.search(queries, depth)[1] for one in (index, exact))
    )
    hits = [
        (len(set(found) & set(true) - {row}), len(set(true) - {row}))
        for row, found, true in pairs
    ]
    found, possible = np.sum(hits, axis=0)
    return float(found / max(possible, 1))


def _read_or_build(faiss, rows, folder):
    path = expanded_path(folder) / f"faiss_{_digest(rows)}.index"
    if path.exists():
        check_entries([path], "cache_dir", "Remove it.")
        with reading(path, "an index of faiss", "Remove it."):
            return faiss.read_index(str(path))
    index = _build(faiss, rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path) as unfinished:
        faiss.write_index(index, str(unfinished))
    return index


def _digest(rows):
    settings = repr((rows.shape, _ROWS_OF_A_LIST))
    digest = hashlib.blake2b(settings.encode(), digest_size=16)
    digest.update(rows)
    return digest.hexdigest()


def _build(faiss, rows):
    num, dim = rows.shape
    num_lists = max(1, min(int(num**0.5), num // _ROWS_OF_A_LIST))
    index = faiss.index_factory(dim, f"IVF{num_lists},Flat")
    index.cp.max_points_per_centroid = _ROWS_OF_A_LIST
    index.train(rows)
    index.add(rows)
    return index


def _import_faiss():
    reason = "index=faiss needs faiss-cpu"
    return import_extra("faiss", "faiss", reason, ", or use index=exact")
