"""How well the nearest images are of the same class."""

from __future__ import annotations

import numpy as np

from dnc_keras.clustering.rows import Rows
from dnc_keras.metrics.neighbors import check_search
from dnc_keras.metrics.neighbors import ranked


def retrieval_metrics(
    embeddings,
    labels,
    ks=(1, 2, 4, 8),
    gallery_embeddings=None,
    gallery_labels=None,
    query_cameras=None,
    gallery_cameras=None,
) -> dict[str, float]:
    """How well the nearest images are of the same class.

    Without a gallery each row is a query against all others; with one, each
    row is a query against the gallery. R is the number of images of the
    query's class that can be found.

    * `recall_at_k`: share of queries with an image of their class among the k
      nearest. A query without any image to find is a miss, as in the papers'
      codes. A k beyond the gallery means the whole gallery.
    * `r_precision`: share of the R nearest that are of the class.
    * `map_at_r`: precision at each hit among the R nearest, summed and divided
      by R (Musgrave et al. 2020, https://arxiv.org/abs/2003.08505).
    * `marp_dnc`: the same sum divided by the number of hits, 0 without any:
      the "mARP" of the TPAMI 2021 code, only for comparison with its tables.
    * `mean_average_precision`: precision at each hit of the full ranking,
      summed and divided by R, as in re-identification; only with a gallery.

    All but recall are means over the queries with R of 1 or more, 0.0 if there
    is none. Distances are compared in float32; of equal ones the lower index
    comes first. Memory is that of `nearest_neighbors`.

    Args:
        embeddings: `[num_queries, dim]` array or tensor.
        labels: `[num_queries]` array, the class of each row.
        ks: the k of `recall_at_k`.
        gallery_embeddings: `[num_gallery, dim]` array or tensor.
        gallery_labels: `[num_gallery]` array.
        query_cameras: `[num_queries]` array. With cameras, images of the class
            and the camera of the query are ignored.
        gallery_cameras: `[num_gallery]` array.

    Returns:
        A dict of floats in [0, 1].

    Example:

    >>> retrieval_metrics([[0.0], [1.0], [9.0]], [5, 5, 6])["map_at_r"]
    1.0
    """
    _check_ks(ks)
    alone = gallery_embeddings is None
    if alone and query_cameras is not None:
        raise ValueError("query_cameras needs gallery_embeddings. Pass both.")
    queries = Rows(embeddings)
    gallery = queries if alone else Rows(gallery_embeddings)
    gallery_labels = labels if alone else gallery_labels
    _check_names("labels", labels, queries)
    _check_names("gallery_labels", gallery_labels, gallery)
    truth = _Truth(labels, gallery_labels, exclude_self=alone)
    if query_cameras is not None:
        _check_names("query_cameras", query_cameras, queries)
        _check_names("gallery_cameras", gallery_cameras, gallery)
        truth.ignore(query_cameras, gallery_cameras)
    depth = max(*ks, truth.num_relevant.max()) if alone else gallery.num
    depth = min(depth, gallery.num - alone)
    check_search(queries, gallery, depth, exclude_self=alone)
    values = [
        _values(*truth.judge(part, found), truth.num_relevant[part], ks)
        for part, found in ranked(queries, gallery, depth, alone)
    ]
    means = _average(values, truth.num_relevant > 0)
    if alone:
        del means["mean_average_precision"]
    return means


class _Truth:
    """Which gallery images a query should find.

    `num_relevant` is how many they are, `[num_queries]` integers.
    """

    def __init__(self, labels, gallery_labels, exclude_self):
        self._classes = _same_names(labels, gallery_labels)
        self._ignored = None
        self.num_relevant = _num_shared(*self._classes) - exclude_self

    def ignore(self, cameras, gallery_cameras):
        """Ignores images of the class and of the camera of the query."""
        seen = _same_names(cameras, gallery_cameras)
        num_cameras = 1 + max(ids.max() for ids in seen)
        self._ignored = [
            ids * num_cameras + camera
            for ids, camera in zip(self._classes, seen)
        ]
        self.num_relevant = self.num_relevant - _num_shared(*self._ignored)

    def judge(self, part, found):
        """(hits, ranks): `[rows, depth]` booleans and integers from 1 on."""
        hits = _shared(self._classes, part, found)
        if self._ignored is None:
            return hits, np.arange(1, found.shape[1] + 1)[None]
        kept = ~_shared(self._ignored, part, found)
        return hits & kept, np.maximum(np.cumsum(kept, axis=1), 1)


def _same_names(names, gallery_names):
    """Small integers for the names of two arrays."""
    names, gallery_names = np.asarray(names), np.asarray(gallery_names)
    together = np.concatenate([names, gallery_names])
    ids = np.unique(together, return_inverse=True)[1]
    return ids[: len(names)], ids[len(names) :]


def _num_shared(ids, gallery_ids):
    """How many of the gallery have the id of each query."""
    num_ids = 1 + max(ids.max(), gallery_ids.max())
    return np.bincount(gallery_ids, minlength=num_ids)[ids]


def _shared(ids, part, found):
    queries, gallery = ids
    return gallery[found] == queries[part, None]


def _values(hits, ranks, num_relevant, ks):
    """Each metric of each query, `[rows]` arrays."""
    precision = hits * np.cumsum(hits, axis=1) / ranks
    first = hits & (ranks <= num_relevant[:, None])
    num_first = first.sum(axis=1)
    divisor = np.maximum(num_relevant, 1)
    total = (precision * first).sum(axis=1)
    return {
        **{f"recall_at_{k}": (hits & (ranks <= k)).any(axis=1) for k in ks},
        "r_precision": num_first / divisor,
        "map_at_r": total / divisor,
        "marp_dnc": total / np.maximum(num_first, 1),
        "mean_average_precision": precision.sum(axis=1) / divisor,
    }


def _average(values, findable):
    """Means over all queries for recall, over `findable` ones for the rest."""
    means = {}
    for name in values[0]:
        each = np.concatenate([block[name] for block in values])
        if not name.startswith("recall"):
            each = each[findable]
        means[name] = float(each.mean()) if each.size else 0.0
    return means


def _check_ks(ks):
    if len(ks) == 0 or min(ks) < 1:
        raise ValueError(
            f"ks must hold numbers of at least 1. Received: {ks}. "
            "Use ks=(1, 2, 4, 8)."
        )


def _check_names(argument, names, rows):
    if np.shape(names) != (rows.num,) or not rows.num:
        raise ValueError(
            f"{argument} must have one entry for each embedding, at least one. "
            f"Expected: shape {[rows.num]}. "
            f"Received: shape {list(np.shape(names))}. "
            "Pass arrays of the same images in the same order."
        )
