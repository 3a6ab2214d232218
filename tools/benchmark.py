"""Measures speed and memory as ratios against a limit in the same run.

Example: python tools/benchmark.py train_step
         python tools/benchmark.py kmeans_memory --json=result.json
Run it on an otherwise idle machine; it says when that is not the case.
"""

import argparse
import datetime
import json
import multiprocessing
import os
import pathlib
import platform
import resource
import statistics
import sys
import time

import numpy as np
import tensorflow as tf
from tqdm import tqdm

import dnc_keras as dnc
from dnc_keras.backbones import build_backbone

IMAGE_SIZE = 96
BATCH_SIZE = 80
EMBEDDING_DIM = 128
NUM_LEARNERS = 4
STEPS_PER_RUN = 5
MEGABYTE = 2**20


def train_step(num_runs):
    """A step of divide and conquer against backbone + Dense + optimizer."""
    batches = _one_batch_repeated()
    models = {"ours": _divide_and_conquer(), "bare": _bare_model()}
    for model in models.values():
        _seconds_of_fit(model, batches)
    seconds = {name: [] for name in models}
    for _ in tqdm(range(num_runs), disable=None):
        for name, model in models.items():
            seconds[name].append(_seconds_of_fit(model, batches))
    ratios = [a / b for a, b in zip(seconds["ours"], seconds["bare"])]
    ours, bare = (statistics.median(seconds[name]) for name in models)
    return {
        "work": f"train step, MobileNetV2 at {IMAGE_SIZE} px, batch "
        f"{BATCH_SIZE}, {NUM_LEARNERS} learners",
        "ours": f"{ours / STEPS_PER_RUN:.3f} s",
        "limit": f"{bare / STEPS_PER_RUN:.3f} s, without divide and conquer",
        "ratio": round(statistics.median(ratios), 3),
        "goal": "<= 1.05",
    }


def kmeans_memory(num_runs):
    """Memory of k-means beyond the features."""
    features = np.random.default_rng(0).standard_normal(
        (60_000, 2_048), dtype=np.float32
    )
    dnc.clustering.kmeans(features[:1_000], 8, max_iterations=2)
    before = _peak_bytes()
    for run in tqdm(range(num_runs), disable=None):
        dnc.clustering.kmeans(features, 8, max_iterations=5, seed=run)
    grown = (_peak_bytes() - before) / MEGABYTE
    return {
        "work": "k-means, 60,000 x 2,048, K=8: memory beyond the features",
        "ours": f"{grown:.0f} MB",
        "limit": f"{features.nbytes / MEGABYTE:.0f} MB, the features",
        "ratio": round(grown * MEGABYTE / features.nbytes, 3),
        "goal": "<= 64 MB",
    }


BENCHMARKS = {"train_step": train_step, "kmeans_memory": kmeans_memory}


def _measure(name, num_runs):
    """Runs a benchmark in a process of its own, whose memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(BENCHMARKS[name], (num_runs,))


def _one_batch_repeated():
    random = np.random.default_rng(0)
    shape = (BATCH_SIZE, IMAGE_SIZE, IMAGE_SIZE, 3)
    images = tf.constant(random.uniform(0, 255, shape), tf.float32)
    target = {
        "label": tf.range(BATCH_SIZE) // 4,
        "learner": tf.zeros([BATCH_SIZE], tf.int32),
    }
    batch = tf.data.Dataset.from_tensors((images, target))
    return batch.repeat(STEPS_PER_RUN)


def _divide_and_conquer():
    model = dnc.DivideAndConquer(
        build_backbone("mobilenet_v2", IMAGE_SIZE),
        embedding_dim=EMBEDDING_DIM,
        num_learners=NUM_LEARNERS,
    )
    model.compile(tf.keras.optimizers.Adam(1e-5), weight_decay=1e-4)
    return model


class BareModel(tf.keras.Model):
    """The least that trains: features, a dense layer, a sum as loss."""

    def __init__(self):
        super().__init__()
        self.backbone = build_backbone("mobilenet_v2", IMAGE_SIZE)
        self.dense = tf.keras.layers.Dense(EMBEDDING_DIM)

    def call(self, images):
        return self.dense(self.backbone(images, training=False))

    def train_step(self, data):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self(data[0]) ** 2)
        variables = self.trainable_variables
        gradients = tape.gradient(loss, dnc._keras.raw_variables(variables))
        self.optimizer.apply_gradients(zip(gradients, variables))
        return {"loss": loss}


def _bare_model():
    model = BareModel()
    model.compile(tf.keras.optimizers.Adam(1e-5), jit_compile=False)
    model(tf.zeros([1, IMAGE_SIZE, IMAGE_SIZE, 3]))
    return model


def _seconds_of_fit(model, batches):
    start = time.perf_counter()
    model.fit(batches, shuffle=False, verbose=0)
    return time.perf_counter() - start


def _peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _machine():
    return {
        "date": datetime.date.today().isoformat(),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        **dict([dnc._keras.keras_version().split()]),
    }


def _print_table(machine, rows):
    print("Machine: " + ", ".join(f"{k} {v}" for k, v in machine.items()))
    print("| " + " | ".join(rows[0]) + " |")
    print("|---" * len(rows[0]) + "|")
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row.values()) + " |")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="+", choices=BENCHMARKS)
    parser.add_argument("--runs", type=int, default=15, help="runs of each")
    parser.add_argument("--json", help="file to write the results to")
    arguments = parser.parse_args()
    machine = _machine()
    if machine["load_before"] > 0.5:
        print("The machine is not idle: do not trust ratios.", file=sys.stderr)
    rows = [_measure(name, arguments.runs) for name in arguments.names]
    _print_table(machine, rows)
    if arguments.json:
        result = {"machine": machine, "results": rows}
        pathlib.Path(arguments.json).write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
