"""An epoch on vectors against the bare Keras `Dense` on the same batches."""

import pathlib
import statistics
import tempfile

import numpy as np
import tensorflow as tf

import dnc_keras as dnc
from benchmarks.measures import median_ratio
from benchmarks.measures import seconds_in_turn
from dnc_keras.batches.wait_clock import WaitClock

keras = dnc._keras.keras
NUM_VECTORS = 60_000
DIM = 768
CLASS_SIZE = 12
BATCH_SIZE = 512
EMBEDDING_DIM = 128
NUM_LEARNERS = 8


def run(arguments):
    labels = np.arange(NUM_VECTORS) // CLASS_SIZE
    vectors = _vectors_of(labels)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "vectors.npy"
        np.save(file, vectors.astype(np.float16))
        mapped = np.load(file, mmap_mode="r")
        return [
            _compare("float32 in memory", vectors, labels, arguments.runs),
            _compare("float16 in a file", mapped, labels, arguments.runs),
        ]


def _vectors_of(labels):
    random = np.random.default_rng(0)
    vectors = random.standard_normal([labels[-1] + 1, DIM], np.float32)[labels]
    return vectors + random.standard_normal(vectors.shape, np.float32)


def _compare(name, array, labels, num_runs):
    sampler = _clustered_sampler(labels)
    clock = WaitClock()
    batches = _batches(array, sampler)
    ours, bare = _divide_and_conquer(), _bare_model()
    timed, same = clock.time(batches), _held(batches)
    epochs = {
        "ours": lambda: ours.fit(timed, shuffle=False, verbose=0),
        "bare": lambda: bare.fit(same, shuffle=False, verbose=0),
    }
    seconds = seconds_in_turn(epochs, num_runs)
    waited = clock.seconds / (num_runs + 1)
    medians = {
        key: statistics.median(values) for key, values in seconds.items()
    }
    return {
        "work": f"epoch of {NUM_VECTORS:,} x {DIM} {name}, batch {BATCH_SIZE}, "
        f"{NUM_LEARNERS} learners",
        "ours": f"{medians['ours']:.2f} s, {waited:.2f} s of it waiting",
        "against": f"{medians['bare']:.2f} s, Dense alone, same batches",
        "ratio": round(median_ratio(seconds["ours"], seconds["bare"]), 2),
        "goal": "<= 1.3",
    }


def _clustered_sampler(labels):
    sampler = dnc.ClusterSampler(
        labels, NUM_LEARNERS, BATCH_SIZE, samples_per_class=4
    )
    # Whole classes, as k-means on these vectors finds them.
    sampler.update(labels % NUM_LEARNERS)
    return sampler


def _batches(array, sampler):
    rows = dnc.datasets.VectorRows.of(array)
    return dnc.clustered_dataset(sampler, rows.batch_reader(), batched=True)


def _held(batches):
    """The same batches in memory, of labels alone."""
    vectors, targets = zip(*batches.as_numpy_iterator())
    labels = np.stack([target["label"] for target in targets])
    return tf.data.Dataset.from_tensor_slices((np.stack(vectors), labels))


def _divide_and_conquer():
    backbone = keras.Sequential([keras.Input([DIM]), keras.layers.Identity()])
    model = dnc.DivideAndConquer(backbone, EMBEDDING_DIM, NUM_LEARNERS)
    model.compile(keras.optimizers.Adam(1e-4), dnc.losses.MarginLoss())
    return model


def _bare_model():
    inputs = keras.Input([DIM])
    rows = keras.layers.Dense(EMBEDDING_DIM)(inputs)
    model = keras.Model(inputs, keras.layers.UnitNormalization()(rows))
    loss = dnc.losses.MarginLoss()
    model.compile(
        keras.optimizers.Adam(1e-4),
        lambda labels, rows: loss.call(tf.reshape(labels, [-1]), rows),
    )
    return model
