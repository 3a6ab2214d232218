"""Measures an embedding on the test images of a data set."""

from __future__ import annotations

import dataclasses

import numpy as np

from dnc_keras import metrics
from dnc_keras.batches.extraction import extract
from dnc_keras.metrics.one_gallery import mean_draws
from dnc_keras.metrics.one_gallery import one_gallery_values

# As in the papers' tables.
NUM_NMI_RUNS = 10


@dataclasses.dataclass(frozen=True, eq=False)
class SearchedDataset:
    """The test images of a data set, embedded and searched.

    Args:
        parts: a dict of the names of `Dataset.test_parts` and
            `[num_images, embedding_dim]` arrays.
        labels: `[num_images]` integers, of all parts.
        retrieval: a dict of the retrieval metrics.
        values: the same of each query, a dict of `[num_queries]` arrays; with
            drawn galleries each draw has its queries.
        query_labels: `[num_queries]` integers.
        by_camera: whether images by a query's own camera are ignored.
    """

    parts: dict
    labels: np.ndarray
    retrieval: dict
    values: dict
    query_labels: np.ndarray
    by_camera: bool = False

    def metrics(self, num_nmi_runs: int = NUM_NMI_RUNS) -> dict:
        """Retrieval metrics, and clustering metrics unless there are 0 runs.

        Args:
            num_nmi_runs: number of k-means runs.

        Returns:
            A dict of the metrics' names and values, all 0 to 1.
        """
        if not num_nmi_runs:
            return self.retrieval
        embeddings = np.concatenate(list(self.parts.values()))
        clusters = metrics.clustering_metrics(
            embeddings, self.labels, num_nmi_runs
        )
        return {**self.retrieval, **clusters}

    @property
    def num_left_out(self) -> int:
        """Queries that no image can match, which most metrics leave out."""
        return int(np.isnan(self.values["map_at_r"]).sum())

    def describe_queries(self) -> dict:
        """What a result says of the queries, and why some are left out."""
        num, reason = self.num_left_out, None
        if num:
            reason = "no other image of their class"
            if self.by_camera:
                reason += " by another camera"
        return {
            "num_queries": len(self.query_labels),
            "num_queries_left_out": num,
            "left_out_because": reason,
        }

    def intervals(self, confidence: float = 0.95) -> tuple[dict, dict]:
        """(low, high) of the retrieval metrics, drawn over classes."""
        return metrics.confidence_intervals(
            self.values, self.query_labels, confidence
        )


def search_dataset(embed, dataset, batches_of, ks=None) -> SearchedDataset:
    """Embeds the test images and searches them as the data set's protocol says.

    Args:
        embed: function from a batch of images to `[batch_size,
            embedding_dim]`.
        dataset: a `Dataset`, whose protocol, gallery and ks are followed.
        batches_of: function from an `ImageIndex` to a `tf.data.Dataset` of
            the batches that `embed` takes.
        ks: the k of recall at k. None, the default: those of the data set.

    Returns:
        A `SearchedDataset`.
    """
    ks = dataset.ks if ks is None else ks
    parts = {
        name: extract(embed, batches_of(index))
        for name, index in dataset.test_parts.items()
    }
    if dataset.query is not None:
        return _search_roles(parts, dataset.query, dataset.gallery, ks)
    labels = dataset.test.labels
    if dataset.num_gallery_draws:
        return _search_draws(parts, labels, ks, dataset.num_gallery_draws)
    values = metrics.retrieval_values(parts["test"], labels, ks)
    return SearchedDataset(
        parts, labels, metrics.mean_values(values), values, labels
    )


def _search_roles(parts, query, gallery, ks):
    values = metrics.retrieval_values(
        parts["query"],
        query.labels,
        ks,
        gallery_embeddings=parts["gallery"],
        gallery_labels=gallery.labels,
        query_cameras=query.cameras,
        gallery_cameras=gallery.cameras,
    )
    return SearchedDataset(
        parts,
        np.concatenate([query.labels, gallery.labels]),
        metrics.mean_values(values),
        values,
        query.labels,
        by_camera=query.cameras is not None,
    )


def _search_draws(parts, labels, ks, num_draws):
    values, classes = one_gallery_values(parts["test"], labels, ks, num_draws)
    return SearchedDataset(
        parts,
        labels,
        mean_draws(values),
        {name: each.ravel() for name, each in values.items()},
        np.tile(classes, num_draws),
    )


def describe_test(dataset) -> dict:
    """What a result says of the data set that it was measured on."""
    return {
        "dataset": dataset.name,
        "source": dataset.source,
        "protocol": dataset.protocol,
        "num_test_images": dataset.test.num_images,
        "num_test_classes": dataset.test.num_classes,
    }
