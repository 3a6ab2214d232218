"""Zero-shot splits of data sets that were not made for retrieval."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Optional

import numpy as np
from absl import logging

from dnc_keras.datasets.benchmark import Listing
from dnc_keras.datasets.benchmark import index_of
from dnc_keras.datasets.class_split import split_by_classes
from dnc_keras.datasets.dataset import ALL_AGAINST_ALL
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.image_index import ImageIndex
from dnc_keras.datasets.messages import first_few
from dnc_keras.support.checks import check_choice

SPLITS = ("auto", "classes", "own")
# A validation split is taken for the test split where there is none.
_TEST_NAMES = ("test", "val", "dev")


@dataclasses.dataclass(frozen=True)
class ZeroShot:
    """How the images of any data set become those of train and test.

    Most sets divide the images of each class. Their splits are joined then,
    and the classes are divided, so that test classes are unseen.

    Args:
        split: "own": the set's own splits, whose classes must differ;
            "classes": all images, by class; "auto", the default: "own" if its
            classes differ and no `test_classes` are given, else "classes".
        test_fraction: as in `split_by_classes`, for "classes".
        test_classes: the same.
        seed: the same.
    """

    split: str = "auto"
    test_fraction: float = 0.5
    test_classes: Optional[Sequence] = None
    seed: int = 0

    def divide(self, name: str, listing: Listing, source: str) -> Dataset:
        """Makes a `Dataset`, whose protocol says how.

        Args:
            name: of the data set.
            listing: a `Listing` with the set's own splits, of any names.
            source: the form of the files, for people.

        Raises:
            ValueError: where it cannot be divided so.
        """
        index = index_of(listing)
        splits = np.asarray(listing.splits)
        _check_repeated(name, index)
        if self._takes_own(name, index, splits):
            train, test = _own_parts(index, splits)
            how = "the set's own split"
        else:
            train, test = self.parts(index)
            how = self.described
        protocol = f"{ALL_AGAINST_ALL}; {how}"
        return Dataset(name, train, test, protocol=protocol, source=source)

    def parts(self, index: ImageIndex) -> tuple[ImageIndex, ImageIndex]:
        """The images of train and those of test, by class."""
        return split_by_classes(
            index, self.test_fraction, self.test_classes, self.seed
        )

    @property
    def described(self) -> str:
        """How `parts` divides the classes, for people."""
        if self.test_classes:
            return "test classes named by test_classes"
        return (
            f"{self.test_fraction:g} of the classes drawn for test with seed "
            f"{self.seed}"
        )

    def _takes_own(self, name, index, splits):
        check_choice("split", self.split, SPLITS)
        if self.split == "own":
            self._check_own(name, index, splits)
            return True
        if self.split == "classes" or self.test_classes:
            return False
        is_train, is_test = _masks(splits)
        if not (is_train.any() and is_test.any()):
            return False
        shared = _shared(index, is_train, is_test)
        if shared:
            logging.warning(
                "%s: its own train and test images share %d classes. All "
                "images are joined and divided by class: %s.",
                *(name, len(shared), self.described),
            )
        return not shared

    def _check_own(self, name, index, splits):
        if self.test_classes:
            raise ValueError(
                "split=own has its test classes already. Received: "
                f"test_classes={first_few(self.test_classes)}. Drop one of "
                "them."
            )
        is_train, is_test = _masks(splits)
        if not (is_train.any() and is_test.any()):
            found = first_few(sorted(set(splits.tolist()) - {""})) or "none"
            raise ValueError(
                f"split=own needs a train and a test split in {name}. "
                f"Received: {found}. Use --split=classes."
            )
        shared = _shared(index, is_train, is_test)
        if shared:
            raise ValueError(
                f"split=own needs other classes in test than in train. {name} "
                f"has in both: {first_few(shared)}. Use --split=classes."
            )


def _check_repeated(name, index):
    if index.num_classes == len(index):
        raise ValueError(
            f"Images of {name} must share classes. Received: {len(index)} "
            f"images of as many classes, such as {index.class_names[0]!r}. Is "
            "this the label? Name it with --label_column."
        )


def _masks(splits):
    """Which images are the set's own train, and which its own test."""
    is_train = np.char.startswith(splits.astype(str), "train")
    for name in _TEST_NAMES:
        is_test = np.char.startswith(splits.astype(str), name)
        if is_test.any():
            break
    return is_train, is_test


def _shared(index, is_train, is_test):
    labels = np.intersect1d(index.labels[is_train], index.labels[is_test])
    return [index.class_names[label] for label in labels]


def _own_parts(index, splits):
    is_train, is_test = _masks(splits)
    rest = ~(is_train | is_test)
    if rest.any():
        logging.warning(
            "Left out with the set's own split: %d images of neither train "
            "nor test, but of %s.",
            *(rest.sum(), first_few(sorted(set(splits[rest].tolist())))),
        )
    return index.subset(is_train), index.subset(is_test)
