"""What clusters of embeddings tell about the classes."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.metrics import normalized_mutual_info_score

from dnc_keras.clustering import kmeans


def clustering_metrics(
    embeddings, labels, num_runs: int = 10, seed: int = 0
) -> dict[str, float]:
    """How well k-means finds the classes again.

    K-means starts from random rows, with as many clusters as classes and at
    most 100 iterations: the protocol of the papers' tables.

    Args:
        embeddings: `[num_rows, dim]` array or tensor.
        labels: `[num_rows]` array, the class of each row.
        num_runs: number of k-means runs, with the seeds from `seed` on.
        seed: seed of the first run.

    Returns:
        A dict: "nmi", the mean normalized mutual information (arithmetic
        normalization), "nmi_std", its standard deviation over the runs, and
        "ami", the mean adjusted mutual information.
    """
    num_classes = len(np.unique(labels))
    runs = [
        kmeans(embeddings, num_classes, init="random", seed=run).assignment
        for run in range(seed, seed + num_runs)
    ]
    nmi = [normalized_mutual_info_score(labels, run) for run in runs]
    ami = [adjusted_mutual_info_score(labels, run) for run in runs]
    return {
        "nmi": float(np.mean(nmi)),
        "nmi_std": float(np.std(nmi)),
        "ami": float(np.mean(ami)),
    }
