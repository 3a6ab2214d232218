"""Measures what is gained after a search, and how long it takes."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Callable
from typing import Optional

import numpy as np

from dnc_keras import metrics
from dnc_keras.batches.extraction import extract
from dnc_keras.evaluation.searched_dataset import search_parts
from dnc_keras.export.mirroring import mean_of_mirrored
from dnc_keras.reranking import Methods
from dnc_keras.reranking import RerankedSearch
from dnc_keras.reranking import Whitening
from dnc_keras.support.checks import check_choice
from dnc_keras.support.checks import check_count_or_zero
from dnc_keras.support.stopwatch import Stopwatch

WHITEN_ON = ("train", "gallery")


@dataclasses.dataclass(frozen=True)
class Chain:
    """What is done to embeddings and to what they find, in this order.

    Args:
        flip: whether an image and its mirror image are averaged.
        whiten: components that whitening keeps; 0, the default, for none.
        whiten_on: the images that it is fitted on: "train", the default, or
            "gallery", the searched test images without their labels.
        methods: the `reranking.Methods`.

    Raises:
        ValueError: for other values.
    """

    flip: bool = False
    whiten: int = 0
    whiten_on: str = "train"
    methods: Methods = Methods()

    def __post_init__(self):
        check_count_or_zero("whiten", self.whiten)
        check_choice("whiten_on", self.whiten_on, WHITEN_ON)

    @property
    def any(self) -> bool:
        """Whether anything is done."""
        return bool(self.flip or self.whiten or self.methods.any)

    def check(self, dataset):
        """Raises ValueError where it cannot be done on a `Dataset`."""
        if self.flip and dataset.test.feature_dim is not None:
            raise ValueError(
                "flip mirrors images. Received: vectors, which have no mirror "
                "image. Leave it out."
            )
        has_gallery = dataset.query is not None or dataset.num_gallery_draws
        self.methods.check(alone=not has_gallery)

    def describe(self) -> dict:
        """The settings of what is done, for a result."""
        told = {"flip": True} if self.flip else {}
        if self.whiten:
            told.update(whiten=self.whiten, whiten_on=self.whiten_on)
        return {**told, **self.methods.describe()}


@dataclasses.dataclass(frozen=True, eq=False)
class AfterSearch:
    """What a `Chain` reached.

    Args:
        metrics: a dict of the retrieval metrics.
        values: the same of each query, a dict of `[num_queries]` arrays.
        seconds: a dict of what each step took, beyond a plain search.
    """

    metrics: dict
    values: dict
    seconds: dict


@dataclasses.dataclass(frozen=True, eq=False)
class Model:
    """How images are embedded.

    Args:
        embed: function from a batch to `[batch_size, embedding_dim]`.
        batches_of: function from an `ImageIndex` to what `extract` takes.
        embed_mirrored: as `embed`, of the mirror images.
    """

    embed: Callable
    batches_of: Callable
    embed_mirrored: Callable

    def plain(self, index) -> np.ndarray:
        """`[num_images, embedding_dim]` embeddings."""
        return extract(self.embed, self.batches_of(index), len(index))

    def averaged(self, index, plain) -> np.ndarray:
        """The same, averaged with those of the mirror images."""
        batches = self.batches_of(index)
        mirrored = extract(self.embed_mirrored, batches, len(index))
        return mean_of_mirrored(plain, mirrored)


def search_after(
    chain: Chain, dataset, parts, model: Model, ks=None
) -> AfterSearch:
    """Searches again, with a `Chain`.

    Args:
        chain: what is done.
        dataset: a `Dataset`, whose protocol is followed.
        parts: the embeddings of a `SearchedDataset`.
        model: what embeds mirror images and training images.
        ks: the k of recall at k. None, the default: those of the data set.

    Returns:
        An `AfterSearch`.

    Raises:
        ValueError: where it cannot be done on the data set.
    """
    chain.check(dataset)
    ks = dataset.ks if ks is None else ks
    steps = _Steps(chain, dataset, model)
    parts = steps.whitened(steps.averaged(parts))
    values_of = (
        steps.values_of if chain.methods.any else metrics.retrieval_values
    )
    found, values, _ = search_parts(dataset, parts, ks, values_of)
    return AfterSearch(found, values, dict(steps.seconds))


class _Steps:
    """The steps of a chain, and their seconds."""

    def __init__(self, chain, dataset, model):
        self._chain = chain
        self._dataset = dataset
        self._model = model
        self.seconds = Counter()

    def averaged(self, parts):
        if not self._chain.flip:
            return parts
        with self._timed("flip"):
            return {
                name: self._model.averaged(index, parts[name])
                for name, index in self._dataset.test_parts.items()
            }

    def whitened(self, parts):
        if not self._chain.whiten:
            return parts
        with self._timed("whiten"):
            rows = self._fitted_on(parts)
            whitening = Whitening(rows, self._chain.whiten)
            return {name: whitening(rows) for name, rows in parts.items()}

    def _fitted_on(self, parts):
        if self._chain.whiten_on == "gallery":
            return parts[self._dataset.gallery_part]
        rows = self._model.plain(self._dataset.train)
        if self._chain.flip:
            return self._model.averaged(self._dataset.train, rows)
        return rows

    def values_of(
        self,
        embeddings,
        labels,
        ks,
        gallery_embeddings: Optional[np.ndarray] = None,
        gallery_labels=None,
        query_cameras=None,
        gallery_cameras=None,
    ):
        """As `metrics.retrieval_values`."""
        alone = gallery_embeddings is None
        search = RerankedSearch(
            embeddings if alone else gallery_embeddings,
            self._chain.methods,
            alone,
        )
        values = metrics.distance_values(
            search.blocks(embeddings),
            *(labels, ks, gallery_labels, query_cameras, gallery_cameras),
        )
        self.seconds.update(search.seconds)
        return values

    @contextlib.contextmanager
    def _timed(self, name):
        watch = Stopwatch()
        with watch.running():
            yield
        self.seconds[name] += watch.total
