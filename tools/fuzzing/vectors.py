"""Files of vectors with their tables, one of them odd."""

from __future__ import annotations

import numpy as np

from fuzzing import files

NUM_VECTORS = 30
DIM = 6
_CLASSES = 10


def write_vectors(rng, folder):
    """Writes good vectors into an empty folder, as one of the forms.

    Args:
        rng: random generator.
        folder: the folder.
    """
    noise = np.random.default_rng(rng.getrandbits(32))
    vectors = noise.standard_normal([NUM_VECTORS, DIM])
    vectors = vectors.astype(rng.choice(("<f4", "<f2", "<f8", ">f4")))
    labels = np.arange(NUM_VECTORS) % _CLASSES
    rng.choice((_write_npz, _write_npy, _write_shards, _write_common))(
        rng, folder, vectors, labels
    )


def write_npz(path):
    """Writes good vectors, always the same."""
    vectors = np.random.default_rng(0).standard_normal([NUM_VECTORS, DIM])
    labels = np.arange(NUM_VECTORS) % _CLASSES
    np.savez(path, embeddings=vectors, labels=labels)


def write_odd_vectors(rng, folder):
    """As `write_vectors`; then one file, maybe, is damaged."""
    write_vectors(rng, folder)
    if rng.random() < 0.9:
        files.damage_file(rng, rng.choice(sorted(folder.iterdir())))


def _write_npz(rng, folder, vectors, labels):
    save = rng.choice((np.savez, np.savez_compressed))
    more = {"split": _splits(labels)} if rng.random() < 0.5 else {}
    save(folder / "v.npz", embeddings=vectors, labels=labels, **more)


def _write_npy(rng, folder, vectors, labels):
    np.save(folder / "v.npy", vectors)
    _write_table(rng, folder, "v", labels)


def _write_shards(rng, folder, vectors, labels):
    form = rng.random()
    for number, part in enumerate(np.array_split(np.arange(len(labels)), 3)):
        np.save(folder / f"v{number}.npy", vectors[part])
        _write_table(rng, folder, f"v{number}", labels[part], form)


def _write_common(rng, folder, vectors, labels):
    for number, part in enumerate(np.array_split(vectors, 3)):
        np.save(folder / f"v{number}.npy", part)
    np.save(folder / "labels.npy", labels)


def _write_table(rng, folder, name, labels, form=None):
    if (rng.random() if form is None else form) < 0.5:
        np.save(folder / f"{name}.labels.npy", labels.astype(str))
        return
    rows = [f"{a},{b}" for a, b in zip(labels, _splits(labels))]
    text = "\n".join(["label,split", *rows, ""])
    (folder / f"{name}.csv").write_text(text)


def _splits(labels):
    return np.where(labels < _CLASSES // 2, "train", "test")
