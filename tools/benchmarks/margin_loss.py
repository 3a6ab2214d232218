"""Margin loss with distance-weighted negatives, forward and backward."""

import statistics

import numpy as np
import tensorflow as tf

import dnc_keras as dnc
from benchmarks.measures import median_ratio
from benchmarks.measures import seconds_in_turn
from benchmarks.measures import unit_rows

DIM = 128
SAMPLES_PER_CLASS = 4
GOALS = {80: 4, 512: 10, 2048: 80}


def run(arguments):
    return [
        _compare(size, goal, arguments.runs) for size, goal in GOALS.items()
    ]


def _compare(batch_size, goal, num_runs):
    labels = np.arange(batch_size) // SAMPLES_PER_CLASS
    embeddings = unit_rows(batch_size, DIM)
    work = {"ours": _ours(labels, embeddings)}
    row = {"work": f"margin loss, batch {batch_size}, d={DIM}"}
    try:
        work["peer"] = _peer(labels, embeddings)
    except ImportError:
        return {**row, "against": "pytorch-metric-learning is not installed"}
    seconds = seconds_in_turn(work, num_runs)
    ours, peer = (1e3 * statistics.median(seconds[name]) for name in work)
    return {
        **row,
        "ours": f"{ours:.2f} ms",
        "against": f"{peer:.1f} ms, pytorch-metric-learning",
        "ratio": round(median_ratio(seconds["peer"], seconds["ours"]), 1),
        "goal": f">= {goal}",
    }


def _ours(labels, embeddings):
    loss = dnc.losses.MarginLoss()
    labels, embeddings = tf.constant(labels), tf.constant(embeddings)
    generator = iter(range(10**9))

    @tf.function
    def step(seed):
        with tf.GradientTape() as tape:
            tape.watch(embeddings)
            value = loss.call(labels, embeddings, seed)
        return tf.convert_to_tensor(tape.gradient(value, embeddings))

    return lambda: step(tf.constant([0, next(generator)])).numpy()


def _peer(labels, embeddings):
    import torch
    from pytorch_metric_learning import losses
    from pytorch_metric_learning import miners

    # As many threads as TensorFlow has.
    torch.set_num_threads(2)
    miner = miners.DistanceWeightedMiner(cutoff=0.5, nonzero_loss_cutoff=1.4)
    loss = losses.MarginLoss(margin=0.2, beta=1.2)
    labels = torch.from_numpy(labels)

    def step():
        rows = torch.from_numpy(embeddings).requires_grad_()
        loss(rows, labels, miner(rows, labels)).backward()
        return rows.grad

    return step
