"""A data set cut for zero-shot retrieval."""

from __future__ import annotations

import dataclasses
from typing import Optional

import numpy as np

from dnc_keras.datasets.image_index import ImageIndex
from dnc_keras.datasets.messages import first_few

ALL_AGAINST_ALL = (
    "zero-shot: test classes unseen, each test image against all others"
)
QUERY_AGAINST_GALLERY = (
    "zero-shot: test classes unseen, each query against the gallery"
)
ONE_GALLERY_IMAGE = (
    "zero-shot: test classes unseen, gallery of one random image of each "
    "class, all others are queries, mean of 10 draws"
)


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """Images to learn from, and images of other classes to be tested on.

    Args:
        name: the data set's name.
        train: `ImageIndex` to learn from.
        test: `ImageIndex` of classes that `train` has not, at least two.
        query: `ImageIndex` of those images of `test` that are searched for.
            None, the default: each test image is searched among the others.
        gallery: `ImageIndex` of those images of `test` that are searched. Its
            first classes are those of `query`, so that labels agree.
        protocol: one line that says what is compared with what.
        ks: the k of recall at k that this data set is reported with.
        num_gallery_draws: how often to draw one test image of each class at
            random as the gallery of all others. 0, the default: never; test
            as `query` and `gallery` say.
        source: the form of the files that were found, for people.
        num_dropped: number of images that a list left out.
    """

    name: str
    train: ImageIndex
    test: ImageIndex
    query: Optional[ImageIndex] = None
    gallery: Optional[ImageIndex] = None
    protocol: str = ALL_AGAINST_ALL
    ks: tuple = (1, 2, 4, 8)
    num_gallery_draws: int = 0
    source: str = ""
    num_dropped: int = 0

    def __post_init__(self):
        _check_num_classes(self.name, "train", self.train)
        _check_num_classes(self.name, "test", self.test)
        self._check_disjoint()

    @property
    def title(self) -> str:
        """Name and source, for people."""
        return ": ".join(filter(None, (self.name, self.source)))

    @property
    def test_parts(self) -> dict:
        """The test images as they are searched, a dict of `ImageIndex`.

        It has `query` and `gallery`, or `test` alone.
        """
        if self.query is None:
            return {"test": self.test}
        return {"query": self.query, "gallery": self.gallery}

    @property
    def query_part(self) -> str:
        """The name in `test_parts` of what is searched for."""
        return "test" if self.query is None else "query"

    @property
    def gallery_part(self) -> str:
        """The name in `test_parts` of what is searched, maybe `query_part`."""
        return "test" if self.query is None else "gallery"

    def without(self, paths) -> Dataset:
        """The same data set without some images.

        Args:
            paths: the paths of those images.

        Returns:
            A `Dataset`.
        """
        paths = frozenset(paths)
        train, test = (
            index.subset([path not in paths for path in index.paths])
            for index in (self.train, self.test)
        )
        roles = {"test": test}
        if self.query is not None:
            queries = frozenset(self.query.paths)
            roles = with_roles(
                test, np.array([path in queries for path in test.paths])
            )
        return dataclasses.replace(self, train=train, **roles)

    def with_contents(self, contents_of) -> Dataset:
        """The same data set, whose images are read from somewhere else.

        Args:
            contents_of: function from the `ImageIndex` of the training or of
                the test images to their `contents`.

        Returns:
            A `Dataset`.
        """
        train, test = (
            dataclasses.replace(index, contents=contents_of(index))
            for index in (self.train, self.test)
        )
        roles = {
            name: _with_contents_of(test, index)
            for name in ("query", "gallery")
            if (index := getattr(self, name)) is not None
        }
        return dataclasses.replace(self, train=train, test=test, **roles)

    def _check_disjoint(self):
        both = set(self.train.class_names) & set(self.test.class_names)
        if both:
            raise ValueError(
                "A class must be for train or for test, not for both: test "
                "classes are to be unseen. Classes in both: "
                f"{first_few(sorted(both))}. Move each to one side."
            )


def _with_contents_of(whole, part):
    rows = {path: row for row, path in enumerate(whole.paths)}
    contents = whole.contents[np.array([rows[path] for path in part.paths])]
    return dataclasses.replace(part, contents=contents)


def with_roles(test: ImageIndex, is_query) -> dict:
    """Divides test images into queries and gallery.

    Args:
        test: `ImageIndex` of both.
        is_query: `[num_images]` boolean array.

    Returns:
        The fields `test`, `query` and `gallery` of a `Dataset`, whose labels
        agree.

    Raises:
        ValueError: for a query without a gallery image of its class.
    """
    test = test.reorder_classes(np.unique(test.labels[is_query]))
    query, gallery = test.subset(is_query), test.subset(~is_query)
    without = sorted(set(query.class_names) - set(gallery.class_names))
    if without:
        raise ValueError(
            "Each query needs a gallery image of its class. Classes without: "
            f"{first_few(without)}. Add one, or remove these queries."
        )
    return {"test": test, "query": query, "gallery": gallery}


def _check_num_classes(name, split, index):
    if index.num_classes < 2:
        raise ValueError(
            f"{split} of data set {name} needs at least two classes. "
            f"Received: {index.class_names[0]!r} only. Add classes."
        )
