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
    chosen = rng.choice(rows.num, num_clusters, replace=False)
    return rows.take(chosen).numpy()


def plus_plus(rows, num_clusters, rng):
    """Greedy k-means++: of some drawn rows the one that helps most."""
    num_trials = 2 + int(math.log(num_clusters))
    chosen = [rng.integers(rows.num)]
    closest = rows.distances_to(rows.take(chosen))[0]
    while len(chosen) < num_clusters:
        drawn = _draw(closest, num_trials, rng)
        distances = np.minimum(closest, rows.distances_to(rows.take(drawn)))
        best = np.argmin(distances.sum(axis=1, dtype=np.float64))
        chosen.append(drawn[best])
        closest = distances[best]
    return rows.take(np.array(chosen)).numpy()


def _draw(weights, num_draws, rng):
    ends = np.cumsum(weights, dtype=np.float64)
    drawn = np.searchsorted(ends, rng.random(num_draws) * ends[-1], "right")
    return np.minimum(drawn, len(weights) - 1)
