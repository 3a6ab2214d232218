"""Measures an embedding on the test images of a data set."""

from __future__ import annotations

import dataclasses

import numpy as np

from dnc_keras import metrics
from dnc_keras.batches.extraction import extract
from dnc_keras.datasets.fingerprint import digest_of_test
from dnc_keras.metrics.one_gallery import mean_draws
from dnc_keras.metrics.one_gallery import one_gallery_values
from dnc_keras.support.progress import step

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
        matches: the `QueryMatches` of the queries; with drawn galleries of
            one draw.
    """

    parts: dict
    labels: np.ndarray
    retrieval: dict
    values: dict
    query_labels: np.ndarray
    matches: metrics.QueryMatches

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
        batches_of: function from an `ImageIndex` to what `extract` takes.
        ks: the k of recall at k. None, the default: those of the data set.

    Returns:
        A `SearchedDataset`.

    Raises:
        ValueError: where no query has an image to find, before images are
            embedded.
    """
    ks = dataset.ks if ks is None else ks
    matches = check_queries(dataset)
    parts = {}
    for name, index in dataset.test_parts.items():
        with step(f"embedding {len(index):,} {name} images"):
            parts[name] = extract(embed, batches_of(index), len(index))
    return SearchedDataset(
        parts,
        np.concatenate([index.labels for index in dataset.test_parts.values()]),
        *search_parts(dataset, parts, ks),
        matches,
    )


def find_matches(dataset) -> metrics.QueryMatches:
    """Which queries of a `Dataset` have an image to find, by its protocol."""
    if dataset.query is not None:
        return metrics.query_matches(
            *(dataset.query.labels, dataset.gallery.labels),
            *(dataset.query.cameras, dataset.gallery.cameras),
        )
    matches = metrics.query_matches(dataset.test.labels)
    if not dataset.num_gallery_draws or not matches.has_match.any():
        return matches
    # Of each class one image is the gallery, in each draw, and all others are
    # queries.
    num_queries = dataset.test.num_images - dataset.test.num_classes
    return metrics.QueryMatches(np.ones(num_queries, int), {})


def check_queries(dataset) -> metrics.QueryMatches:
    """As `find_matches`; raises ValueError where no query has a match."""
    matches = find_matches(dataset)
    matches.check(f"The test of data set {dataset.name}")
    return matches


def search_parts(
    dataset, parts, ks, values_of=metrics.retrieval_values
) -> tuple[dict, dict, np.ndarray]:
    """Searches embeddings as the data set's protocol says.

    Args:
        dataset: a `Dataset`.
        parts: a dict of the names of `Dataset.test_parts` and
            `[num_images, embedding_dim]` arrays.
        ks: the k of recall at k.
        values_of: function with the arguments and results of
            `metrics.retrieval_values`.

    Returns:
        (metrics, values, query_labels), as in `SearchedDataset`.
    """
    if dataset.num_gallery_draws and dataset.query is None:
        return _search_draws(dataset, parts["test"], ks, values_of)
    arguments = search_arguments(dataset, parts)
    values = values_of(**arguments, ks=ks)
    return metrics.mean_values(values), values, arguments["labels"]


def search_arguments(dataset, parts) -> dict:
    """What is searched for where, as `metrics.retrieval_values` takes it.

    Of drawn galleries all images, each among all others.

    Args:
        dataset, parts: as for `search_parts`.
    """
    if dataset.query is None:
        return {"embeddings": parts["test"], "labels": dataset.test.labels}
    return {
        "embeddings": parts["query"],
        "labels": dataset.query.labels,
        "gallery_embeddings": parts["gallery"],
        "gallery_labels": dataset.gallery.labels,
        "query_cameras": dataset.query.cameras,
        "gallery_cameras": dataset.gallery.cameras,
    }


def _search_draws(dataset, embeddings, ks, values_of):
    num_draws = dataset.num_gallery_draws
    values, classes = one_gallery_values(
        *(embeddings, dataset.test.labels, ks, num_draws), values_of=values_of
    )
    return (
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
        "num_dropped_images": dataset.num_dropped,
        "num_test_images": dataset.test.num_images,
        "num_test_classes": dataset.test.num_classes,
        "test_set": digest_of_test(dataset),
    }
