"""Measures an embedding on the test images of a data set."""

from __future__ import annotations

import dataclasses

import numpy as np

from dnc_keras import metrics
from dnc_keras.extraction import extract
from dnc_keras.metrics.one_gallery import mean_draws
from dnc_keras.metrics.one_gallery import one_gallery_values

# As in the papers' tables.
NUM_NMI_RUNS = 10


@dataclasses.dataclass(frozen=True, eq=False)
class SearchedDataset:
    """The test images of a data set, embedded and searched.

    Args:
        embeddings: `[num_images, embedding_dim]` array, all test images.
        labels: `[num_images]` integers.
        retrieval: a dict of the retrieval metrics.
        values: the same of each query, a dict of `[num_queries]` arrays; with
            drawn galleries each draw has its queries.
        query_labels: `[num_queries]` integers.
    """

    embeddings: np.ndarray
    labels: np.ndarray
    retrieval: dict
    values: dict
    query_labels: np.ndarray

    def metrics(self, num_nmi_runs: int = NUM_NMI_RUNS) -> dict:
        """Retrieval metrics, and clustering metrics unless there are 0 runs.

        Args:
            num_nmi_runs: number of k-means runs.

        Returns:
            A dict of the metrics' names and values, all 0 to 1.
        """
        if not num_nmi_runs:
            return self.retrieval
        clusters = metrics.clustering_metrics(
            self.embeddings, self.labels, num_nmi_runs
        )
        return {**self.retrieval, **clusters}

    def intervals(self, confidence: float = 0.95) -> tuple[dict, dict]:
        """(low, high) of the retrieval metrics, drawn over classes."""
        return metrics.confidence_intervals(
            self.values, self.query_labels, confidence
        )


def evaluate_dataset(embed, dataset, batches_of) -> dict:
    """Retrieval and clustering metrics on unseen classes.

    Args:
        embed, dataset, batches_of: as in `search_dataset`.

    Returns:
        A dict of the metrics' names and values, all 0 to 1.
    """
    return search_dataset(embed, dataset, batches_of).metrics()


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
    if dataset.query is not None:
        return _search_roles(embed, dataset, batches_of, ks)
    embeddings = extract(embed, batches_of(dataset.test))
    labels = dataset.test.labels
    if dataset.num_gallery_draws:
        return _search_draws(embeddings, labels, ks, dataset.num_gallery_draws)
    values = metrics.retrieval_values(embeddings, labels, ks)
    return SearchedDataset(
        embeddings, labels, metrics.mean_values(values), values, labels
    )


def _search_roles(embed, dataset, batches_of, ks):
    query, gallery = dataset.query, dataset.gallery
    parts = [extract(embed, batches_of(index)) for index in (query, gallery)]
    values = metrics.retrieval_values(
        parts[0],
        query.labels,
        ks,
        gallery_embeddings=parts[1],
        gallery_labels=gallery.labels,
        query_cameras=query.cameras,
        gallery_cameras=gallery.cameras,
    )
    return SearchedDataset(
        np.concatenate(parts),
        np.concatenate([query.labels, gallery.labels]),
        metrics.mean_values(values),
        values,
        query.labels,
    )


def _search_draws(embeddings, labels, ks, num_draws):
    values, classes = one_gallery_values(embeddings, labels, ks, num_draws)
    return SearchedDataset(
        embeddings,
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
