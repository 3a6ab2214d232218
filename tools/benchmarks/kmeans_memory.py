"""Memory of k-means beyond its features."""

import numpy as np

import dnc_keras as dnc
from benchmarks.measures import MEGABYTE
from benchmarks.measures import peak_bytes
from benchmarks.measures import repeated


def run(arguments):
    features = np.random.default_rng(0).standard_normal(
        (60_000, 2_048), dtype=np.float32
    )
    dnc.clustering.kmeans(features[:1_000], 8, max_iterations=2)
    before = peak_bytes()
    for run in repeated(arguments.runs):
        dnc.clustering.kmeans(features, 8, max_iterations=5, seed=run)
    grown = (peak_bytes() - before) / MEGABYTE
    return [
        {
            "work": "k-means, 60,000 x 2,048, K=8: memory beyond the features",
            "ours": f"{grown:.0f} MB",
            "against": f"{features.nbytes / MEGABYTE:.0f} MB, the features",
            "ratio": round(grown * MEGABYTE / features.nbytes, 3),
            "goal": "<= 64 MB",
        }
    ]
