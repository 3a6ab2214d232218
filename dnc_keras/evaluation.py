"""Measures an embedding on the test images of a data set."""

from __future__ import annotations

import numpy as np

from dnc_keras import metrics
from dnc_keras.extraction import extract

KS = (1, 2, 4, 8)


def evaluate_dataset(embed, dataset, batches_of, ks=KS):
    """Retrieval and clustering metrics on unseen classes.

    Args:
        embed: function from a batch of images to `[batch_size,
            embedding_dim]`.
        dataset: a `Dataset`; its query images are searched in its gallery
            where it has them, else each test image among all others.
        batches_of: function from an `ImageIndex` to a `tf.data.Dataset` of
            the batches that `embed` takes.
        ks: the k of recall at k.

    Returns:
        A dict of the metrics' names and values, all 0 to 1.
    """

    def embeddings_of(index):
        return extract(embed, batches_of(index))

    if dataset.query is None:
        labels = dataset.test.labels
        embeddings = embeddings_of(dataset.test)
        retrieval = metrics.retrieval_metrics(embeddings, labels, ks=ks)
    else:
        query, gallery = dataset.query, dataset.gallery
        parts = [embeddings_of(query), embeddings_of(gallery)]
        retrieval = metrics.retrieval_metrics(
            parts[0],
            query.labels,
            ks=ks,
            gallery_embeddings=parts[1],
            gallery_labels=gallery.labels,
            query_cameras=query.cameras,
            gallery_cameras=gallery.cameras,
        )
        embeddings = np.concatenate(parts)
        labels = np.concatenate([query.labels, gallery.labels])
    return {**retrieval, **metrics.clustering_metrics(embeddings, labels)}
