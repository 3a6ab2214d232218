"""Writes vectors whose classes hide under noise, to try `--dataset=vectors`.

Example: python tools/write_vectors.py vectors.npz
         python -m dnc_keras.train --dataset=vectors --data_dir=vectors.npz
Of 384 numbers, in a turned space, 48 tell the 400 classes and 48 others are far
larger and tell nothing, as light and background do in features of images.
"""

import argparse

import numpy as np

NUM_VECTORS = 12_000
NUM_CLASSES = 400
DIM = 384
NUM_TELLING = 48


def make_vectors(seed=0):
    """(vectors, labels): `[12000, 384]` float16, `[12000]` integers."""
    random = np.random.default_rng(seed)
    labels = random.integers(NUM_CLASSES, size=NUM_VECTORS)
    means = 0.6 * random.standard_normal([NUM_CLASSES, NUM_TELLING])
    vectors = 0.35 * random.standard_normal([NUM_VECTORS, DIM])
    vectors[:, :NUM_TELLING] += means[labels]
    noise = 1.5 * random.standard_normal([NUM_VECTORS, NUM_TELLING])
    vectors[:, NUM_TELLING : 2 * NUM_TELLING] += noise
    turn, _ = np.linalg.qr(random.standard_normal([DIM, DIM]))
    return (vectors @ turn).astype(np.float16), labels


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", help=".npz file to write")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    vectors, labels = make_vectors(arguments.seed)
    split = np.where(labels < NUM_CLASSES // 2, "train", "test")
    np.savez(arguments.file, embeddings=vectors, labels=labels, split=split)


if __name__ == "__main__":
    main()
