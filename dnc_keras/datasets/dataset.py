"""A data set cut for zero-shot retrieval."""

from __future__ import annotations

import dataclasses
from typing import Optional

from dnc_keras.datasets.image_index import ImageIndex
from dnc_keras.datasets.messages import first_few

ALL_AGAINST_ALL = (
    "zero-shot: test classes unseen, each test image against all others"
)
QUERY_AGAINST_GALLERY = (
    "zero-shot: test classes unseen, each query against the gallery"
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
    """

    name: str
    train: ImageIndex
    test: ImageIndex
    query: Optional[ImageIndex] = None
    gallery: Optional[ImageIndex] = None
    protocol: str = ALL_AGAINST_ALL

    def __post_init__(self):
        _check_num_classes(self.name, "train", self.train)
        _check_num_classes(self.name, "test", self.test)
        self._check_disjoint()

    def _check_disjoint(self):
        both = set(self.train.class_names) & set(self.test.class_names)
        if both:
            raise ValueError(
                "A class must be for train or for test, not for both: test "
                "classes are to be unseen. Classes in both: "
                f"{first_few(sorted(both))}. Move each to one side."
            )


def _check_num_classes(name, split, index):
    if index.num_classes < 2:
        raise ValueError(
            f"{split} of data set {name} needs at least two classes. "
            f"Received: {index.class_names[0]!r} only. Add classes."
        )
