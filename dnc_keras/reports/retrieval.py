"""Queries with their neighbours, in pictures."""

from __future__ import annotations

import numpy as np

from dnc_keras import metrics

NUM_QUERIES = 6  # of each kind
NUM_NEIGHBORS = 6
# Searched, so that enough are left without those of the query's own camera.
_DEPTH = 50


def retrieval(record, sheet) -> dict:
    """The best, the worst and some drawn queries, with their neighbours.

    They are ordered by MAP@R, which looks at as many neighbours as a query's
    class has images; among the worst those come first whose nearest image is
    nearest, as these are the surest errors.

    Args:
        record: a `TrainedRun`.
        sheet: the `PictureSheet`.
    """
    queries, gallery = record.searched
    ordered = _order(queries, gallery)
    chosen = {
        "Worst": ordered[:NUM_QUERIES],
        "Drawn at random": _drawn(
            ordered[NUM_QUERIES:-NUM_QUERIES], record.config.seed
        ),
        "Best": ordered[::-1][:NUM_QUERIES],
    }
    names = record.dataset.query_part, record.dataset.gallery_part
    show = _Neighbors(queries, gallery, sheet, names)
    groups = {kind: show(rows) for kind, rows in chosen.items() if len(rows)}
    return {"groups": groups}


def _order(queries, gallery):
    """The queries that have something to find, the worst first."""
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
    distance = _nearest(queries, gallery, 1)[0][:, 0]
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


def _nearest(queries, gallery, k):
    same = gallery is queries
    k = min(k, len(gallery.index) - same)
    return metrics.nearest_neighbors(
        queries.embeddings, gallery.embeddings, k, exclude_self=same
    )


def _drawn(rows, seed):
    random = np.random.default_rng(seed)
    return random.permutation(rows)[:NUM_QUERIES]


class _Neighbors:
    """Finds and describes the neighbours of some queries."""

    def __init__(self, queries, gallery, sheet, names):
        self._queries, self._gallery = queries, gallery
        self._sheet = sheet
        self._names = names

    def __call__(self, rows):
        distances, found = metrics.nearest_neighbors(
            self._queries.embeddings[rows],
            self._gallery.embeddings,
            min(_DEPTH, len(self._gallery.index)),
        )
        return [
            self._describe(row, distances[number], found[number])
            for number, row in enumerate(rows)
        ]

    def _describe(self, row, distances, found):
        shown = [
            (other, distance)
            for other, distance in zip(found, distances)
            if not self._is_left_out(row, other)
        ]
        label = self._queries.index.labels[row]
        return {
            **self._picture(0, self._queries.index, row),
            "neighbors": [
                {
                    **self._picture(1, self._gallery.index, other),
                    "distance": f"{distance:.3f}",
                    "is_right": bool(
                        self._gallery.index.labels[other] == label
                    ),
                }
                for other, distance in shown[:NUM_NEIGHBORS]
            ],
        }

    def _is_left_out(self, row, other):
        """Whether the protocol leaves an image out for a query."""
        queries, gallery = self._queries.index, self._gallery.index
        if queries is gallery:
            return row == other
        if queries.cameras is None or gallery.cameras is None:
            return False
        return (
            queries.labels[row] == gallery.labels[other]
            and queries.cameras[row] == gallery.cameras[other]
        )

    def _picture(self, side, index, row):
        return {
            "picture": self._sheet.add(self._names[side], row),
            "class": index.class_names[index.labels[row]],
            "file": str(index.paths[row]),
        }
