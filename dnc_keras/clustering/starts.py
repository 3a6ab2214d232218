"""First centroids for k-means."""

from __future__ import annotations

import math

import numpy as np


def starter(rows, num_clusters, init, rng):
    """A function that returns the first centroids of the next run."""
    if isinstance(init, str):
        if init == "k-means++":
            return lambda: plus_plus(rows, num_clusters, rng)
        if init == "random":
            return lambda: _random_rows(rows, num_clusters, rng)
        raise ValueError(
            f'init must be "k-means++", "random" or an array. Received: {init}.'
        )
    centroids = np.array(init, np.float32)
    if centroids.shape != (num_clusters, rows.dim):
        raise ValueError(
            "init must have the shape [num_clusters, feature_dim]. Expected: "
            f"{[num_clusters, rows.dim]}. Received: {list(centroids.shape)}."
        )
    if not np.isfinite(centroids).all():
        raise ValueError(
            "init must be finite. Received: NaN or infinity. "
            'Use init="k-means++".'
        )
    return lambda: centroids


def _random_rows(rows, num_clusters, rng):
    chosen = rng.choice(rows.num_all, num_clusters, replace=False)
    return rows.pick(chosen).numpy()


def plus_plus(rows, num_clusters, rng):
    """Greedy k-means++: of some drawn rows the one that helps most."""
    num_trials = 2 + int(math.log(num_clusters))
    chosen = [rng.integers(rows.num_all)]
    closest = rows.distances_to(rows.pick(np.array(chosen)))[0]
    while len(chosen) < num_clusters:
        drawn = rows.draw(closest, num_trials, rng)
        distances = np.minimum(closest, rows.distances_to(rows.pick(drawn)))
        sums = rows.workers.total(distances.sum(axis=1, dtype=np.float64))
        best = np.argmin(sums)
        chosen.append(drawn[best])
        closest = distances[best]
    return rows.pick(np.array(chosen)).numpy()
