"""What the benchmark data sets share: their forms, their counts, advice."""

from __future__ import annotations

import collections
import dataclasses
import functools
import pathlib
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Optional

import numpy as np
from absl import logging

from dnc_keras.datasets.archives import extract_missing
from dnc_keras.datasets.dataset import Dataset
from dnc_keras.datasets.dataset import with_roles
from dnc_keras.datasets.downloading import Builder
from dnc_keras.datasets.files import are_files
from dnc_keras.datasets.image_index import ImageIndex
from dnc_keras.datasets.messages import existing_path
from dnc_keras.datasets.messages import first_few
from dnc_keras.support.checks import check_not_negative
from dnc_keras.support.paths import expanded_path


@dataclasses.dataclass(frozen=True, eq=False)
class Listing:
    """The images of a benchmark set, as its annotations list them.

    Args:
        paths: `num_images` str.
        class_ids: `num_images` integers, the official classes; gaps are fine.
        splits: `num_images` of train, test, query and gallery.
        class_names: the name of each class id. None, the default: "class 7".
        contents: as in `ImageIndex`. None, the default: `paths` are files.
    """

    paths: Sequence
    class_ids: Sequence
    splits: Sequence
    class_names: Optional[Mapping] = None
    contents: Optional[Sequence] = None


@dataclasses.dataclass(frozen=True)
class Form:
    """One form in which people have the files of a data set.

    Args:
        description: what is found, for people, such as "official folder
            car_ims/ with cars_annos.mat".
        find: function from the data_dir, a `pathlib.Path`, to a `Listing`, or
            to None where the data_dir has not this form.
        has_archives: whether `find` unpacks archives, by a function like
            `extract_missing` that it takes as its second argument.
    """

    description: str
    find: Callable
    has_archives: bool = False

    def find_in(self, root: pathlib.Path, max_unpacked_gb: float):
        """What `find` finds in the data_dir `root`."""
        if not self.has_archives:
            return self.find(root)
        return self.find(
            root,
            functools.partial(extract_missing, max_unpacked_gb=max_unpacked_gb),
        )


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """A published data set: what it should hold, in which forms it comes.

    Args:
        name: the data set's name.
        forms: each `Form`, the preferred one first.
        counts: the official (images, classes) of each split.
        origin: where its archives come from today, and which checks follow,
            one or two sentences.
        if_counts_differ: what other counts mean, a sentence.
        builder: the `Builder` that can download it. None, the default: none.
    """

    name: str
    forms: Sequence
    counts: Mapping
    origin: str
    if_counts_differ: str = "Results are not comparable."
    builder: Optional[Builder] = None

    def load(
        self,
        data_dir,
        download: bool = False,
        max_unpacked_gb: float = 0.0,
        **fields,
    ) -> Dataset:
        """Loads the first form that is found, and checks its counts.

        Args:
            data_dir: where the files are.
            download: whether `builder` may write into `data_dir`, which may
                be new, where no form is found.
            max_unpacked_gb: as in `extract_missing`.
            **fields: more fields of the `Dataset`.

        Returns:
            A `Dataset`.

        Raises:
            ValueError, OSError: where no form is there, or none of its images,
                or no image of a split, or an image is listed twice, or the
                download fails.
        """
        check_not_negative("max_unpacked_gb", max_unpacked_gb)
        form, listing = self._find(data_dir, download, max_unpacked_gb)
        _check_listed_once(listing.paths)
        listing = self._without_missing(listing)
        self._check_splits(listing)
        self._warn_of_other_counts(listing)
        return Dataset(
            self.name, **_indices(listing), **fields, source=form.description
        )

    def _find(self, data_dir, download, max_unpacked_gb):
        """The first form that is found, and what it found."""
        if download and data_dir:
            _make_folder(data_dir)
        root = existing_path(data_dir, self._looked_for)
        for form in self.forms:
            listing = form.find_in(root, max_unpacked_gb)
            if listing is not None:
                return form, listing
        if download:
            self.builder.download_and_prepare(root, self.origin)
            return self._find(data_dir, False, max_unpacked_gb)
        raise FileNotFoundError(
            f"No images of {self.name} in {str(data_dir)!r}. "
            f"Looked for: {self._looked_for}."
        )

    @property
    def _looked_for(self):
        forms = "; or ".join(form.description for form in self.forms)
        note = self.builder.note if self.builder else ""
        return f"{forms}. {self.origin} {note}".rstrip(". ")

    def _without_missing(self, listing):
        if listing.contents is not None:
            return listing
        there = are_files(listing.paths)
        missing = [
            path for path, is_in in zip(listing.paths, there) if not is_in
        ]
        if not missing:
            return listing
        message = (
            f"{self.name}: its lists name {len(missing)} of {len(there)} "
            f"images that do not exist: {first_few(missing)}."
        )
        if not there.any():
            raise FileNotFoundError(f"{message} {self.origin}")
        logging.warning("%s They are left out.", message)
        return select(listing, there)

    def _check_splits(self, listing):
        empty = sorted(set(self.counts) - set(listing.splits))
        if empty:
            raise FileNotFoundError(
                f"{self.name} needs {', '.join(self.counts)} images. Without "
                f"any: {', '.join(empty)}. Complete the copy. {self.origin}"
            )

    def _warn_of_other_counts(self, listing):
        splits = np.asarray(listing.splits)
        for split, expected in self.counts.items():
            ids = np.asarray(listing.class_ids)[splits == split]
            received = (len(ids), len(np.unique(ids)))
            if received != expected:
                logging.warning(
                    "%s should hold %d %s images of %d classes. Received: %d "
                    "of %d. %s",
                    *(self.name, expected[0], split, expected[1], *received),
                    self.if_counts_differ,
                )


def _make_folder(data_dir):
    path = expanded_path(data_dir)
    if not path.exists():
        path.mkdir(parents=True)


def _check_listed_once(paths):
    # Counting is slow, so only where there is something to name.
    if len(set(paths)) == len(paths):
        return
    repeated = [path for path, n in collections.Counter(paths).items() if n > 1]
    raise ValueError(
        "Every image must be listed once. Listed more often: "
        f"{first_few(repeated)}. Download the lists again."
    )


def select(listing: Listing, kept) -> Listing:
    """Some images of a listing.

    Args:
        listing: a `Listing`.
        kept: `[num_images]` boolean array.
    """
    contents = listing.contents
    return dataclasses.replace(
        listing,
        paths=np.asarray(listing.paths, object)[kept],
        class_ids=np.asarray(listing.class_ids)[kept],
        splits=np.asarray(listing.splits)[kept],
        contents=None if contents is None else contents[kept],
    )


def _indices(listing):
    """The `ImageIndex` of each split, by field of `Dataset`."""
    splits = np.asarray(listing.splits)
    everything = index_of(listing)
    is_train = splits == "train"
    train, test = everything.subset(is_train), everything.subset(~is_train)
    is_query = (splits == "query")[~is_train]
    return {
        "train": train,
        **(with_roles(test, is_query) if is_query.any() else {"test": test}),
    }


def index_of(listing: Listing) -> ImageIndex:
    """All images of a listing, whatever their split."""
    ids, labels = np.unique(listing.class_ids, return_inverse=True)
    names = listing.class_names or {}
    return ImageIndex(
        paths=np.asarray(listing.paths, dtype=object),
        labels=labels.astype(np.int32),
        class_names=tuple(names.get(i, f"class {i}") for i in ids.tolist()),
        contents=listing.contents,
    )
