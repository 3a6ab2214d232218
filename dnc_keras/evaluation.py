"""Measures an embedding on the test images of a data set."""

from __future__ import annotations

import numpy as np

from dnc_keras import metrics
from dnc_keras.extraction import extract


def evaluate_dataset(embed, dataset, batches_of):
    """Retrieval and clustering metrics on unseen classes.

    Args:
        embed: function from a batch of images to `[batch_size,
            embedding_dim]`.
        dataset: a `Dataset`, whose protocol, gallery and ks are followed.
        batches_of: function from an `ImageIndex` to a `tf.data.Dataset` of
            the batches that `embed` takes.

    Returns:
        A dict of the metrics' names and values, all 0 to 1.
    """
    if dataset.query is not None:
        return _evaluate_roles(embed, dataset, batches_of)
    embeddings = extract(embed, batches_of(dataset.test))
    labels, ks = dataset.test.labels, dataset.ks
    if dataset.num_gallery_draws:
        retrieval = _mean(
            _search_one_of_each(embeddings, labels, ks, seed)
            for seed in range(dataset.num_gallery_draws)
        )
    else:
        retrieval = metrics.retrieval_metrics(embeddings, labels, ks)
    return {**retrieval, **metrics.clustering_metrics(embeddings, labels)}


def _evaluate_roles(embed, dataset, batches_of):
    query, gallery = dataset.query, dataset.gallery
    parts = [extract(embed, batches_of(index)) for index in (query, gallery)]
    retrieval = metrics.retrieval_metrics(
        parts[0],
        query.labels,
        dataset.ks,
        gallery_embeddings=parts[1],
        gallery_labels=gallery.labels,
        query_cameras=query.cameras,
        gallery_cameras=gallery.cameras,
    )
    embeddings = np.concatenate(parts)
    labels = np.concatenate([query.labels, gallery.labels])
    return {**retrieval, **metrics.clustering_metrics(embeddings, labels)}


def _search_one_of_each(embeddings, labels, ks, seed):
    """One random image of each class is the gallery, all others search it."""
    order = np.random.default_rng(seed).permutation(len(labels))
    gallery = order[np.unique(labels[order], return_index=True)[1]]
    query = np.setdiff1d(order, gallery)
    return metrics.retrieval_metrics(
        embeddings[query],
        labels[query],
        ks,
        gallery_embeddings=embeddings[gallery],
        gallery_labels=labels[gallery],
    )


def _mean(draws):
    """The mean of each metric over dicts of them."""
    draws = list(draws)
    return {
        name: float(np.mean([values[name] for values in draws]))
        for name in draws[0]
    }
