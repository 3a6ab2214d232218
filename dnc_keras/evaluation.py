"""Measures an embedding on the test images of a data set."""

from __future__ import annotations

import numpy as np

from dnc_keras import metrics
from dnc_keras.extraction import extract
from dnc_keras.input_pipeline import evaluation_images

KS = (1, 2, 4, 8)


def evaluate_dataset(embed, dataset, image_size, center_crop=0.875, ks=KS):
    """Retrieval and clustering metrics on unseen classes.

    Args:
        embed: function from `[batch_size, image_size, image_size, 3]` images
            with values 0 to 255 to `[batch_size, embedding_dim]`.
        dataset: a `Dataset`; its query images are searched in its gallery
            where it has them, else each test image among all others.
        image_size: height and width that `embed` takes, in pixels.
        center_crop: share of the short side in the centre crop.
        ks: the k of recall at k.

    Returns:
        A dict of the metrics' names and values, all 0 to 1.
    """

    def embeddings_of(index):
        return extract(embed, evaluation_images(index, image_size, center_crop))

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
