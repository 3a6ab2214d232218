"""What clusters of embeddings tell about the classes."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln
from sklearn.metrics import mutual_info_score
from sklearn.metrics import normalized_mutual_info_score

from dnc_keras.clustering import kmeans
from dnc_keras.metrics.arguments import check_names
from dnc_keras.support.checks import check_count
from dnc_keras.support.checks import check_seed
from dnc_keras.support.labels import class_ids
from dnc_keras.support.progress import track


def clustering_metrics(
    embeddings, labels, num_runs: int = 10, seed: int = 0
) -> dict[str, float]:
    """How well k-means finds the classes again.

    K-means starts from random rows, with as many clusters as classes and at
    most 100 iterations: the protocol of the papers' tables.

    Args:
        embeddings: `[num_rows, dim]` array or tensor.
        labels: `[num_rows]` array of any type, the class of each row.
        num_runs: number of k-means runs, with the seeds from `seed` on. The
            papers take 10; with thousands of classes each takes minutes on
            CPUs, and differs little from the next.
        seed: seed of the first run.

    Returns:
        A dict: "nmi", the mean normalized mutual information (arithmetic
        normalization), "nmi_std", its standard deviation over the runs, and
        "ami", the mean adjusted mutual information. Where each row is a class
        of its own, or all are one class, all are found: 1.0.

    Example:

    >>> clustering_metrics([[0.0], [1.0], [9.0]], ["a", "a", "b"])["ami"]
    1.0
    """
    check_names("labels", labels, np.shape(embeddings)[0])
    check_count("num_runs", num_runs)
    check_seed("seed", seed)
    classes, _ = class_ids(labels)
    runs = [
        kmeans(embeddings, 1 + classes.max(), init="random", seed=run)
        for run in track(range(seed, seed + num_runs), "k-means for NMI")
    ]
    clusters = [run.assignment for run in runs]
    nmi = [normalized_mutual_info_score(classes, run) for run in clusters]
    ami = [adjusted_mutual_information(classes, run) for run in clusters]
    return {
        "nmi": float(np.mean(nmi)),
        "nmi_std": float(np.std(nmi)),
        "ami": float(np.mean(ami)),
    }


def adjusted_mutual_information(classes, clusters) -> float:
    """Mutual information above that of chance, as scikit-learn defines it.

    The mutual information that chance gives depends only on the sizes of the
    classes and clusters, and few sizes differ: 60,502 images of 11,316 classes
    take milliseconds here and 20 seconds in scikit-learn.

    Args:
        classes: `[num_rows]` integers from 0 on.
        clusters: `[num_rows]` integers from 0 on.

    Returns:
        1.0 if the clusters are the classes, about 0.0 if they are random
        (Vinh et al. 2010, https://jmlr.org/papers/v11/vinh10a.html).
    """
    sizes = np.bincount(classes), np.bincount(clusters)
    expected = _expected_information(*sizes)
    highest = np.mean([_entropy(each) for each in sizes])
    if highest - expected < 1e-10 * max(highest, 1.0):
        return 1.0
    information = mutual_info_score(classes, clusters)
    return min(1.0, float((information - expected) / (highest - expected)))


def _entropy(sizes):
    shares = sizes[sizes > 0] / sizes.sum()
    return -np.sum(shares * np.log(shares))


def _expected_information(class_sizes, cluster_sizes):
    """The mean mutual information of two random labellings of these sizes."""
    num_rows = class_sizes.sum()
    # How many classes, and how many clusters, there are of each size.
    num_classes = np.bincount(class_sizes)
    num_clusters = np.bincount(cluster_sizes)
    b = np.flatnonzero(num_clusters[1:])[:, None] + 1
    total = 0.0
    for a in np.flatnonzero(num_classes[1:]) + 1:
        both = np.arange(1, min(a, b.max()) + 1)
        # The chance of `both` rows in common, hypergeometric. Where they do
        # not fit, gammaln is infinite and the chance is 0.
        log_chance = (
            _log_choose(b, both)
            + _log_choose(num_rows - b, a - both)
            - _log_choose(num_rows, a)
        )
        terms = np.exp(log_chance) * both * np.log(num_rows * both / (a * b))
        total += num_classes[a] * (num_clusters[b[:, 0]] @ terms).sum()
    return total / num_rows


def _log_choose(n, k):
    return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
