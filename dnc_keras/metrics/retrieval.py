"""How well the nearest images are of the same class."""

from __future__ import annotations

import numpy as np

from dnc_keras.arrays.rows import Rows
from dnc_keras.metrics.arguments import check_ks
from dnc_keras.metrics.arguments import check_names
from dnc_keras.metrics.full_ranking import NearestHits
from dnc_keras.metrics.full_ranking import full_ranking_hits
from dnc_keras.metrics.query_matches import matches_of
from dnc_keras.metrics.query_matches import truth_of
from dnc_keras.neighbors.nearest import check_search
from dnc_keras.neighbors.nearest import ranked

# Neighbours of a query that are sorted for recall; beyond them counting its
# nearest hit's rank takes less time.
MAX_SORTED = 16


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
      nearest. With a gallery this is what re-identification calls CMC@k or
      rank-k. A k beyond the gallery means the whole gallery.
    * `r_precision`: share of the R nearest that are of the class.
    * `map_at_r`: precision at each hit among the R nearest, summed and divided
      by R (Musgrave et al. 2020, https://arxiv.org/abs/2003.08505).
    * `marp_dnc`: the same sum divided by the number of hits, 0 without any:
      the "mARP" of the TPAMI 2021 code, only for comparison with its tables.
    * `mean_average_precision`: precision at each hit of the full ranking,
      summed and divided by R, as in re-identification; only with a gallery.

    A query without any image to find (R = 0) is left out of all means;
    `query_matches` counts those, and tells why.

    Distances are compared in float32; of equal ones the lower index comes
    first. Rows need no length of 1. Memory is that of `nearest_neighbors`.

    Args:
        embeddings: `[num_queries, dim]` array or tensor of any float type.
        labels: `[num_queries]` array of any type, the class of each row.
        ks: the k of `recall_at_k`.
        gallery_embeddings: `[num_gallery, dim]` array or tensor.
        gallery_labels: `[num_gallery]` array.
        query_cameras: `[num_queries]` array. With cameras, images of the class
            and the camera of the query are ignored.
        gallery_cameras: `[num_gallery]` array.

    Returns:
        A dict of floats in [0, 1].

    Raises:
        ValueError: for no rows, NaN or infinity, or arrays that do not match;
            where no query has an image to find.

    Example:

    >>> retrieval_metrics([[0.0], [1.0], [9.0]], [5, 5, 6])["map_at_r"]
    1.0
    """
    return mean_values(
        retrieval_values(
            embeddings,
            labels,
            ks,
            gallery_embeddings,
            gallery_labels,
            query_cameras,
            gallery_cameras,
        )
    )


def retrieval_values(
    embeddings,
    labels,
    ks=(1, 2, 4, 8),
    gallery_embeddings=None,
    gallery_labels=None,
    query_cameras=None,
    gallery_cameras=None,
) -> dict[str, np.ndarray]:
    """The metrics of each query, to look at the worst or compare two models.

    Args:
        embeddings: this and all others as in `retrieval_metrics`, whose
            numbers are the means of these values.

    Returns:
        A dict of `[num_queries]` float64 arrays in [0, 1]; NaN for a query
        that is left out.

    Example:

    >>> values = retrieval_values([[0.0], [1.0], [9.0]], [5, 5, 6], ks=[1])
    >>> values["recall_at_1"], values["map_at_r"]
    (array([ 1.,  1., nan]), array([ 1.,  1., nan]))
    """
    check_ks(ks)
    alone = gallery_embeddings is None
    queries = Rows(embeddings)
    gallery = queries if alone else Rows(gallery_embeddings)
    gallery_labels = None if alone else gallery_labels
    check_names("labels", labels, queries.num)
    if not alone:
        check_names("gallery_labels", gallery_labels, gallery.num)
    truth = truth_of(labels, gallery_labels, query_cameras, gallery_cameras)
    check_search(queries, gallery, 1, exclude_self=alone)
    matches_of(truth).check()
    if alone:
        search = _search_others(queries, truth, ks)
    else:
        search = full_ranking_hits(queries, gallery, truth)
    return values_of_hits(search, truth, ks)


def values_of_hits(search, truth, ks) -> dict[str, np.ndarray]:
    """The metrics of each query, from what all of them find.

    Args:
        search: an iterator over (slice of the queries, hits as in
            `Truth.hits`).
        truth: their `Truth`.
        ks: the k of recall at k.

    Returns:
        As `retrieval_values`.
    """
    blocks = [
        _values(*hits, truth.num_relevant[part], ks) for part, hits in search
    ]
    values = {
        name: np.concatenate([block[name] for block in blocks])
        for name in blocks[0]
    }
    if truth.exclude_self:
        del values["mean_average_precision"]
    for each in values.values():
        each[truth.num_relevant == 0] = np.nan
    return values


def _search_others(queries, truth, ks):
    """(part, hits) of rows that are searched among the other rows.

    No more neighbours are sorted than MAP@R needs. Where recall looks farther,
    the images before the nearest hit are counted if it is none of them.
    """
    most = queries.num - 1
    farthest = min(max(ks), most)
    needed = max(truth.num_relevant.max(), min(farthest, MAX_SORTED))
    depth = min(needed, most)
    nearest_hits = NearestHits(queries, truth)
    for part, found in ranked(queries, queries, depth, True):
        hits = truth.hits(part, found)
        if farthest > depth:
            hits = _with_nearest(*hits, part, truth, nearest_hits)
        yield part, hits


def _with_nearest(rows, ranks, part, truth, nearest_hits):
    """The hits, and the nearest one of each query that has none yet."""
    num_rows = part.stop - part.start
    is_without = np.bincount(rows, minlength=num_rows) == 0
    others = np.flatnonzero(is_without & (truth.num_relevant[part] > 0))
    if not others.size:
        return rows, ranks
    rows = np.append(rows, others)
    ranks = np.append(ranks, nearest_hits(part.start + others))
    order = np.argsort(rows, kind="stable")
    return rows[order], ranks[order]


def mean_values(values) -> dict[str, float]:
    """The mean of each metric over the queries that it counts.

    Args:
        values: a dict of arrays, such as `retrieval_values` returns. NaN is a
            query that does not count.

    Returns:
        A dict of floats.

    Raises:
        ValueError: where no query counts.
    """
    return {name: _mean(name, each) for name, each in values.items()}


def _mean(name, each):
    counted = each[~np.isnan(each)]
    if not counted.size:
        raise ValueError(
            f"A mean needs a query that counts. Received: {len(each)} values "
            f"of {name}, all of queries that nothing can match. Give values "
            "of others."
        )
    return float(counted.mean())


def _values(rows, ranks, num_relevant, ks):
    """Each metric of each query, `[num_rows]` arrays, from its hits."""
    num_rows = len(num_relevant)
    starts = np.searchsorted(rows, np.arange(num_rows))
    precision = (np.arange(1, len(rows) + 1) - starts[rows]) / ranks
    first = ranks <= num_relevant[rows]
    num_first = np.bincount(rows[first], minlength=num_rows)
    total = np.bincount(rows[first], precision[first], num_rows)
    divisor = np.maximum(num_relevant, 1)
    with_hit = np.flatnonzero(np.bincount(rows, minlength=num_rows))
    best = np.full(num_rows, np.inf)
    best[with_hit] = ranks[starts[with_hit]]
    return {
        **{f"recall_at_{k}": (best <= k).astype(np.float64) for k in ks},
        "r_precision": num_first / divisor,
        "map_at_r": total / divisor,
        "marp_dnc": total / np.maximum(num_first, 1),
        "mean_average_precision": np.bincount(rows, precision, num_rows)
        / divisor,
    }
