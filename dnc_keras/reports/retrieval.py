"""Queries with their neighbours, in pictures."""

from __future__ import annotations

import functools

import numpy as np

from dnc_keras import metrics

NUM_QUERIES = 6  # of each kind
NUM_NEIGHBORS = 6
MAX_CLASSES = 40  # of which one query each is shown
# Searched, so that enough are left without those of the query's own camera.
_DEPTH = 50


def retrieval(record, sheet) -> dict:
    """The worst, nearly right, drawn and best queries, with their neighbours.

    The queries of a kind are of different classes. They are ordered by MAP@R,
    which looks at as many neighbours as a query's class has images; among the
    worst those come first whose nearest image is nearest, as these are the
    surest errors. A near miss has a wrong image nearest, and a right one
    hardly farther.

    Args:
        record: a `TrainedRun`.
        sheet: the `PictureSheet`.
    """
    queries, gallery = record.searched
    search = _Search(queries, gallery)
    names = record.dataset.query_part, record.dataset.gallery_part
    ordered = _order(search)
    drawn = np.random.default_rng(record.config.seed).permutation(ordered)
    chosen = {
        "Worst": ordered,
        "Near misses": search.near_misses(),
        "Drawn at random": drawn,
        "Best": ordered[::-1],
    }
    groups = {
        kind: _first_of_classes(rows, queries.index)[:NUM_QUERIES]
        for kind, rows in chosen.items()
    }
    each = _first_of_classes(drawn, queries.index)[:MAX_CLASSES]
    by_class = each[np.argsort(queries.index.labels[each])]
    describe = functools.partial(_describe, search, sheet, names)
    return {
        "groups": {k: [*map(describe, r)] for k, r in groups.items() if len(r)},
        "of_classes": [*map(describe, by_class)],
        "num_classes": queries.index.num_classes,
    }


class _Search:
    """The neighbours of all queries, as the protocol has them.

    Attributes:
        distances, rows: `[num_queries, k]`, the nearest first.
        is_right: `[num_queries, k]`, whether they are of the query's class.
        counts: `[num_queries, k]`, whether the protocol looks at them.
    """

    def __init__(self, queries, gallery):
        self.queries, self.gallery = queries, gallery
        same = gallery is queries
        self.distances, self.rows = metrics.nearest_neighbors(
            queries.embeddings,
            gallery.embeddings,
            min(_DEPTH, len(gallery.index) - same),
            exclude_self=same,
        )
        labels = gallery.index.labels[self.rows]
        self.is_right = labels == queries.index.labels[:, None]
        self.counts = ~(self.is_right & self._is_of_same_camera())

    def _is_of_same_camera(self):
        queries, gallery = self.queries.index, self.gallery.index
        known = queries.cameras is not None and gallery.cameras is not None
        if queries is gallery or not known:
            return False
        return gallery.cameras[self.rows] == queries.cameras[:, None]

    def nearest(self, where):
        """`[num_queries]` distances to the nearest of some; infinity: none."""
        return np.where(where & self.counts, self.distances, np.inf).min(axis=1)

    def near_misses(self):
        """The queries with a wrong image nearest, the nearest misses first."""
        right, wrong = self.nearest(self.is_right), self.nearest(~self.is_right)
        missed = np.flatnonzero((wrong < right) & np.isfinite(right))
        return missed[np.argsort((right - wrong)[missed], kind="stable")]


def _order(search):
    """The queries that have something to find, the worst first."""
    queries, gallery = search.queries, search.gallery
    same = gallery is queries
    found = {} if same else _searched(gallery)
    cameras = {} if same else {"query_cameras": queries.index.cameras}
    values = metrics.retrieval_values(
        queries.embeddings,
        queries.index.labels,
        (1,),
        **(found | cameras),
    )
    precision, is_right = values["map_at_r"], values["recall_at_1"]
    distance = search.nearest(True)
    # Near and right is good, near and wrong is bad.
    surety = np.where(is_right == 1.0, -distance, distance)
    order = np.lexsort((surety, precision))
    return order[~np.isnan(precision[order])]


def _searched(gallery):
    return {
        "gallery_embeddings": gallery.embeddings,
        "gallery_labels": gallery.index.labels,
        "gallery_cameras": gallery.index.cameras,
    }


def _first_of_classes(rows, index):
    """The first of some rows of each class, in their order."""
    _, first = np.unique(index.labels[rows], return_index=True)
    return rows[np.sort(first)]


def _describe(search, sheet, names, row):
    """A query and its neighbours, as the template takes them."""
    shown = np.flatnonzero(search.counts[row])[:NUM_NEIGHBORS]
    index = search.gallery.index
    neighbors = [
        {
            **_picture(sheet, names[1], index, search.rows[row, place]),
            "distance": f"{search.distances[row, place]:.3f}",
            "is_right": bool(search.is_right[row, place]),
        }
        for place in shown
    ]
    return {
        **_picture(sheet, names[0], search.queries.index, row),
        "is_right": bool(neighbors) and neighbors[0]["is_right"],
        "neighbors": neighbors,
    }


def _picture(sheet, part, index, row):
    return {
        "picture": sheet.add(part, row),
        "class": index.class_names[index.labels[row]],
        "file": str(index.paths[row]),
    }
