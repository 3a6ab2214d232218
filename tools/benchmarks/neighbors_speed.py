"""Nearest neighbours against each installed peer and the bare matmul."""

import functools
import statistics

import numpy as np
import tensorflow as tf
from sklearn.neighbors import NearestNeighbors

import dnc_keras as dnc
from benchmarks.measures import median_ratio
from benchmarks.measures import seconds_in_turn
from benchmarks.measures import unit_rows

NUM_GALLERY = 60_502
NUM_THREADS = 2
BLOCK = 512
# Of the squared lengths: distances that are closer may come in any order.
ROUNDING = 1e-5
# (queries, dim, k, goal against a peer, goal against the matmul)
WORKS = (
    (8_000, 128, 9, 1.5, 0.6),
    (8_000, 512, 9, 1.2, 0.8),
    (2_000, 128, 1_001, 1.5, None),
)


def run(arguments):
    # Each run takes seconds, and the medians move little after five.
    num_runs = min(arguments.runs, 5)
    return [row for work in WORKS for row in _compare(*work, num_runs)]


def _compare(num_queries, dim, k, peer_goal, matmul_goal, num_runs):
    gallery = unit_rows(NUM_GALLERY, dim, seed=0)
    queries = unit_rows(num_queries, dim, seed=1)
    peers = _peers()
    work = {"ours": dnc.metrics.nearest_neighbors, **peers}
    work = {
        name: functools.partial(search, queries, gallery, k)
        for name, search in work.items()
        if search
    }
    for name, search in work.items():
        _check_same(name, search(), queries, gallery, k)
    work["the matmul alone"] = functools.partial(_matmul, queries, gallery)
    seconds = seconds_in_turn(work, num_runs)
    title = f"{num_queries} queries x {NUM_GALLERY} x {dim}, k={k}"
    return [_row(title, seconds, name, peer_goal) for name in peers] + [
        _row(title, seconds, "the matmul alone", matmul_goal)
    ]


def _row(title, seconds, name, goal):
    if name not in seconds:
        return {"work": title, "against": f"{name} is not installed"}
    ours, against = (statistics.median(seconds[n]) for n in ("ours", name))
    return {
        "work": title,
        "ours": f"{ours:.2f} s",
        "against": f"{against:.2f} s, {name}",
        "ratio": round(median_ratio(seconds[name], seconds["ours"]), 2),
        "goal": f">= {goal}" if goal else "",
    }


def _check_same(name, found, queries, gallery, k):
    """Each neighbour is at the distance that the plain loop finds."""
    for row in range(0, len(queries), 100):
        squares = np.sum((gallery - queries[row]) ** 2, axis=1)
        expected = np.sort(np.partition(squares, k - 1)[:k])
        indices = found[1][row]
        wrong = np.abs(squares[indices] - expected) > ROUNDING
        if wrong.any() or len(set(indices.tolist())) != k:
            raise SystemExit(
                f"{name} finds other neighbours for query {row}: {indices}."
            )


def _matmul(queries, gallery):
    gallery = tf.constant(gallery)
    for start in range(0, len(queries), BLOCK):
        block = tf.constant(queries[start : start + BLOCK])
        tf.matmul(block, gallery, transpose_b=True)


def _peers():
    return {
        "torch": _torch(),
        "faiss": _faiss(),
        "scikit-learn": _scikit_learn,
    }


def _scikit_learn(queries, gallery, k):
    peer = NearestNeighbors(algorithm="brute", n_jobs=NUM_THREADS)
    return peer.fit(gallery).kneighbors(queries, k)


def _faiss():
    try:
        import faiss
    except ImportError:
        return None
    faiss.omp_set_num_threads(NUM_THREADS)

    def search(queries, gallery, k):
        index = faiss.IndexFlatL2(gallery.shape[1])
        index.add(gallery)
        return index.search(queries, k)

    return search


def _torch():
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(NUM_THREADS)

    def search(queries, gallery, k):
        gallery = torch.from_numpy(gallery)
        # Half of the squared length in the same pass as the product.
        bias = -0.5 * (gallery**2).sum(dim=1)
        found = [
            torch.addmm(bias, block, gallery.T).topk(k)
            for block in torch.from_numpy(queries).split(BLOCK)
        ]
        scores, indices = (torch.cat(parts) for parts in zip(*found))
        return scores.numpy(), indices.numpy()

    return search
