"""K-means against scikit-learn, faiss and fastkmeans: same start, same work.

Each is timed until it has the centroids and the cluster of every row.
"""

import statistics
import sys
import typing

import numpy as np
import tensorflow as tf

import dnc_keras as dnc
from benchmarks.measures import MEGABYTE
from benchmarks.measures import median_ratio
from benchmarks.measures import peak_bytes
from benchmarks.measures import seconds_in_turn
from dnc_keras.arrays.memory import aligned_empty

NUM_THREADS = 2
LARGEST_DIFFERENCE = 1e-3
NUM_LARGE, DIM_LARGE, CLUSTERS_LARGE = 1_000_000, 128, 32


class Work(typing.NamedTuple):
    num_rows: int
    dim: int
    num_clusters: int
    num_iterations: int
    max_runs: int
    goal: str

    def __str__(self):
        return (
            f"k-means, {self.num_rows:,} x {self.dim:,}, "
            f"K={self.num_clusters:,}, {self.num_iterations} iterations"
        )


WORKS = (
    Work(60_000, 128, 8, 20, 15, ">= 1.2"),
    Work(60_000, 2_048, 8, 20, 5, ">= 1.2"),
    Work(60_000, 128, 11_316, 3, 2, ">= 2"),
)


def run(arguments):
    # First, so that the peak of memory is its own.
    rows = _large(min(arguments.runs, 3))
    for work in WORKS:
        rows += _compare(work, min(arguments.runs, work.max_runs))
    return rows


def _compare(work, num_runs):
    features = _features(work.num_rows, work.dim)
    start = features[_first_rows(work.num_rows, work.num_clusters)]
    functions = _installed(features, start, work.num_iterations)
    _check_agreement(features, functions)
    functions["bare"] = _bare(features, start, work.num_iterations)
    seconds = seconds_in_turn(functions, num_runs)
    ours, bare = seconds.pop("ours"), seconds.pop("bare")
    rows = [_row(work, ours, "bare matmuls, the limit", bare, "-")]
    if not seconds:
        return [*rows, _missing(work, ours)]
    name, fastest = min(
        seconds.items(), key=lambda item: statistics.median(item[1])
    )
    return [*rows, _row(work, ours, f"{name}, the fastest", fastest, work.goal)]


def _row(work, ours, name, other, goal):
    return {
        "work": str(work),
        "ours": f"{statistics.median(ours):.3f} s",
        "against": f"{statistics.median(other):.3f} s, {name}",
        "ratio": round(median_ratio(other, ours), 2),
        "goal": goal,
    }


def _missing(work, ours):
    return {
        "work": str(work),
        "ours": f"{statistics.median(ours):.3f} s",
        "against": "scikit-learn, faiss, fastkmeans: not installed",
        "ratio": "-",
        "goal": work.goal,
    }


def _installed(features, start, num_iterations):
    """A function for each k-means, that returns (centroids, assignment)."""
    functions = {}
    for name, function in {
        "ours": _ours,
        "scikit-learn": _scikit_learn,
        "faiss": _faiss,
        "fastkmeans": _fastkmeans,
    }.items():
        try:
            functions[name] = function(features, start, num_iterations)
        except ImportError:
            pass
    return functions


def _ours(features, start, num_iterations):
    def work():
        result = dnc.clustering.kmeans(
            features,
            len(start),
            init=start,
            max_iterations=num_iterations,
            tolerance=0.0,
        )
        return result.centroids, result.assignment

    return work


def _scikit_learn(features, start, num_iterations):
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    def work():
        model = KMeans(
            len(start),
            init=start,
            n_init=1,
            max_iter=num_iterations,
            tol=0,
            algorithm="lloyd",
        )
        with threadpool_limits(NUM_THREADS):
            model.fit(features)
        return model.cluster_centers_, model.labels_

    return work


def _faiss(features, start, num_iterations):
    import faiss

    faiss.omp_set_num_threads(NUM_THREADS)

    def work():
        model = faiss.Kmeans(
            features.shape[1],
            len(start),
            niter=num_iterations,
            max_points_per_centroid=len(features),
            min_points_per_centroid=1,
        )
        model.train(features, init_centroids=start)
        return model.centroids, model.assign(features)[1]

    return work


def _fastkmeans(features, start, num_iterations):
    import torch

    # Unused here; beside TensorFlow 2.21 importing it ends the process.
    sys.modules["triton"] = None
    from fastkmeans import FastKMeans

    torch.set_num_threads(NUM_THREADS)

    def work():
        model = FastKMeans(
            features.shape[1],
            len(start),
            niter=num_iterations,
            gpu=False,
            use_triton=False,
            max_points_per_centroid=None,
        )
        assignment = model.fit_predict(features)
        return model.centroids, assignment

    return work


def _bare(features, start, num_iterations):
    """The scores alone, of each iteration and of the last assignment."""
    features, points = tf.constant(features), tf.transpose(start)
    step = len(features) // 16

    def work():
        for _ in range(num_iterations + 1):
            for first in range(0, len(features), step):
                tf.matmul(features[first : first + step], points)

    return work


def _check_agreement(features, functions):
    inertias = {
        name: _inertia(features, *function())
        for name, function in functions.items()
    }
    for name, inertia in inertias.items():
        if abs(inertia / inertias["ours"] - 1) > LARGEST_DIFFERENCE:
            raise SystemExit(
                "K-means must agree within 0.1 % of the inertia. Received: "
                f"{inertias['ours']:.6g}, {name} {inertia:.6g}."
            )


def _inertia(features, centroids, assignment):
    parts = range(0, len(features), 1_000)
    return sum(
        np.sum(
            (features[p : p + 1_000] - centroids[assignment[p : p + 1_000]])
            ** 2,
            dtype=np.float64,
        )
        for p in parts
    )


def _large(num_runs):
    """A million rows: the memory, and the time against a quarter of them."""
    features = _features(NUM_LARGE, DIM_LARGE)
    start = features[_first_rows(NUM_LARGE, CLUSTERS_LARGE)]
    work = {
        "whole": _ours(features, start, 5),
        "quarter": _ours(features[: NUM_LARGE // 4], start, 5),
    }
    seconds = seconds_in_turn(work, num_runs)
    name = f"k-means, {NUM_LARGE:,} x {DIM_LARGE}, K={CLUSTERS_LARGE}"
    whole, quarter = map(statistics.median, seconds.values())
    return [
        {
            "work": f"{name}, 5 iterations",
            "ours": f"{whole:.2f} s",
            "against": f"{4 * quarter:.2f} s, four times a quarter of the rows",
            "ratio": round(whole / (4 * quarter), 2),
            "goal": "<= 1.2",
        },
        {
            "work": f"{name}: memory of the process",
            "ours": f"{peak_bytes() / MEGABYTE:.0f} MB",
            "against": f"{features.nbytes / MEGABYTE:.0f} MB, the features",
            "ratio": round(peak_bytes() / features.nbytes, 2),
            "goal": "< 2,500 MB",
        },
    ]


def _features(num_rows, dim):
    """An array that begins where those of a re-clustering do."""
    features = aligned_empty((num_rows, dim))
    random = np.random.default_rng(0)
    random.standard_normal(dtype=np.float32, out=features)
    return features


def _first_rows(num_rows, num_clusters):
    """The rows that fastkmeans starts from; it cannot be told others."""
    try:
        import torch
    except ImportError:
        random = np.random.default_rng(0)
        return random.choice(num_rows, num_clusters, replace=False)
    torch.manual_seed(0)
    return torch.randperm(num_rows)[:num_clusters].numpy()
