"""Which images of a gallery a query should find."""

from __future__ import annotations

import functools

import numpy as np

from dnc_keras.support.labels import shared_ids


class Truth:
    """Knows which images of a gallery are of the class of a query.

    `num_relevant` is how many of them can be found, `[num_queries]` integers;
    `num_of_class` counts those that cameras ignore, too.

    Args:
        labels: `[num_queries]` array, the class of each query.
        gallery_labels: `[num_gallery]` array.
        exclude_self: whether row i of the gallery is left out for query i.
        cameras: `[num_queries]` array. With cameras, images of the class and
            the camera of the query are ignored: they are no hits and take no
            rank. None, the default: none are.
        gallery_cameras: `[num_gallery]` array.
    """

    def __init__(
        self,
        labels,
        gallery_labels,
        exclude_self=False,
        cameras=None,
        gallery_cameras=None,
    ):
        self._classes = shared_ids(labels, gallery_labels)
        self._ignored = None
        self.exclude_self = exclude_self
        self.num_of_class = _num_shared(*self._classes) - exclude_self
        self.num_relevant = self.num_of_class
        if cameras is not None:
            self._ignore(*shared_ids(cameras, gallery_cameras, "cameras"))

    def _ignore(self, cameras, gallery_cameras):
        num_cameras = 1 + max(cameras.max(), gallery_cameras.max())
        classes, gallery_classes = self._classes
        self._ignored = (
            classes * num_cameras + cameras,
            gallery_classes * num_cameras + gallery_cameras,
        )
        self.num_relevant = self.num_relevant - _num_shared(*self._ignored)

    def hits(self, part, found):
        """The images found that are of the query's class.

        Args:
            part: slice of the queries.
            found: `[rows, depth]` integers, the nearest images of each.

        Returns:
            (rows, ranks): `[num_hits]` integers, the row of `found` and the
            rank, from 1 on, of each hit; by row, then by rank.
        """
        classes, gallery_classes = self._classes
        hits = gallery_classes[found] == classes[part, None]
        rows, places = np.nonzero(hits)
        return rows, places + 1

    def relations(self, part, images):
        """Which images are of a query's class, and which are ignored.

        Args:
            part: slice of the queries.
            images: slice of the gallery.

        Returns:
            (same, ignored): `[rows, images]` boolean arrays. An image is not
            ignored for being the query itself.
        """
        classes, gallery_classes = self._classes
        same = classes[part, None] == gallery_classes[images]
        if self._ignored is None:
            return same, np.zeros_like(same)
        ids, gallery_ids = self._ignored
        return same, ids[part, None] == gallery_ids[images]

    def members(self, query):
        """The images of a query's class, ignored ones too."""
        return self._members[self._classes[0][query]]

    def others(self, query):
        """The images of a query's class but itself, ignored ones too."""
        members = self.members(query)
        return members[members != query] if self.exclude_self else members

    @functools.cached_property
    def _members(self):
        """The images of each class, a list of arrays."""
        gallery_classes = self._classes[1]
        num_classes = 1 + max(ids.max() for ids in self._classes)
        sizes = np.bincount(gallery_classes, minlength=num_classes)
        order = np.argsort(gallery_classes, kind="stable")
        return np.split(order, np.cumsum(sizes)[:-1])

    def without_ignored(self, part, rows, images, ranks):
        """Takes the ignored images out of the ranking.

        Args:
            part: slice of the queries.
            rows: `[num_hits]` integers, the query of each hit, from the first
                of `part` on.
            images: `[num_hits]` integers, its place in the gallery.
            ranks: `[num_hits]` integers; by row, then by rank.

        Returns:
            (rows, ranks): those that are left, at the ranks that they have.
        """
        if self._ignored is None:
            return rows, ranks
        ids, gallery_ids = self._ignored
        ignored = gallery_ids[images] == ids[part][rows]
        num_before = np.cumsum(ignored) - ignored
        starts = np.searchsorted(rows, rows)
        ranks = ranks - (num_before - num_before[starts])
        return rows[~ignored], ranks[~ignored]


def _num_shared(ids, gallery_ids):
    """How many of the gallery have the id of each query."""
    num_ids = 1 + max(ids.max(), gallery_ids.max())
    return np.bincount(gallery_ids, minlength=num_ids)[ids]
