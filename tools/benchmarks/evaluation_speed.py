"""A whole evaluation against pytorch-metric-learning, and a million rows."""

import importlib.util

import numpy as np

import dnc_keras as dnc
from benchmarks.measures import MEGABYTE
from benchmarks.measures import alone
from benchmarks.measures import peak_bytes
from benchmarks.measures import seconds_of
from benchmarks.measures import unit_rows

NUM_ROWS, NUM_CLASSES, DIM = 60_502, 11_316, 128
KS = (1, 10, 100, 1000)
NUM_LARGE, NUM_QUERIES = 1_000_000, 4_096
LARGEST_DIFFERENCE = 1e-4


def run(arguments):
    return [_whole_evaluation(), _million_rows()]


def _whole_evaluation():
    row = {"work": f"R@{KS}, MAP@R of {NUM_ROWS:,} x {DIM}, all against all"}
    if not importlib.util.find_spec("pytorch_metric_learning"):
        return {**row, "against": "pytorch-metric-learning is not installed"}
    ours, peer = alone(_ours), alone(_peer)
    if abs(ours["map_at_r"] - peer["map_at_r"]) > LARGEST_DIFFERENCE:
        raise SystemExit(f"The results differ: {ours}, {peer}.")
    return {
        **row,
        "ours": f"{ours['seconds']:.1f} s, {ours['megabytes']:.0f} MB",
        "against": f"{peer['seconds']:.1f} s, {peer['megabytes']:.0f} MB, "
        "AccuracyCalculator of pytorch-metric-learning",
        "ratio": round(peer["seconds"] / ours["seconds"], 1),
        "goal": ">= 4, memory <= 1/4",
    }


def _million_rows():
    seconds = {}
    for num_rows in (NUM_LARGE // 4, NUM_LARGE):
        gallery = unit_rows(num_rows, DIM)
        queries = gallery[:NUM_QUERIES]
        seconds[num_rows] = seconds_of(
            lambda: dnc.metrics.nearest_neighbors(queries, gallery, 2)
        )
    quarter, whole = seconds.values()
    return {
        "work": f"R@1 of {NUM_QUERIES:,} queries in {NUM_LARGE:,} x {DIM}",
        "ours": f"{whole:.1f} s, {peak_bytes() / MEGABYTE:.0f} MB",
        "against": f"{4 * quarter:.1f} s, 4 times a quarter of the rows",
        "ratio": round(whole / (4 * quarter), 2),
        "goal": "<= 1.2, < 2500 MB",
    }


def _ours():
    embeddings, labels = _classes()
    dnc.metrics.retrieval_metrics(embeddings[:9_000], labels[:9_000], KS)
    before = peak_bytes()
    found = {}
    seconds = seconds_of(
        lambda: found.update(
            dnc.metrics.retrieval_metrics(embeddings, labels, KS)
        )
    )
    return _told(seconds, before, found["map_at_r"])


def _peer():
    import torch
    from pytorch_metric_learning.utils import accuracy_calculator

    torch.set_num_threads(2)
    calculator = accuracy_calculator.AccuracyCalculator(
        include=("precision_at_1", "mean_average_precision_at_r"),
        k=max(KS),
        device=torch.device("cpu"),
    )
    embeddings, labels = map(torch.from_numpy, _classes())
    before = peak_bytes()
    found = {}
    seconds = seconds_of(
        lambda: found.update(calculator.get_accuracy(embeddings, labels))
    )
    return _told(seconds, before, found["mean_average_precision_at_r"])


def _told(seconds, before, map_at_r):
    megabytes = (peak_bytes() - before) / MEGABYTE
    return {"seconds": seconds, "megabytes": megabytes, "map_at_r": map_at_r}


def _classes():
    """Rows about a centre for each class, and their labels: R@1 is 0.61."""
    random = np.random.default_rng(0)
    labels = np.sort(random.integers(NUM_CLASSES, size=NUM_ROWS))
    centres = random.standard_normal((NUM_CLASSES, DIM), dtype=np.float32)
    rows = centres[labels] + 1.5 * random.standard_normal(
        (NUM_ROWS, DIM), dtype=np.float32
    )
    return rows / np.linalg.norm(rows, axis=1, keepdims=True), labels
