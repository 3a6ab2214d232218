"""A training on vectors, from a file to a run."""

from __future__ import annotations

import numpy as np
from helpers.settings import DIGITS
from helpers.training_runs import train

from dnc_keras.callbacks import feature_source
from dnc_keras.runs import RunDirectory


def _write(folder):
    """Thirty classes: half of the numbers are noise that hides them."""
    random = np.random.default_rng(0)
    labels = np.arange(900) % 30
    signal = random.normal(size=[30, 8])[labels]
    noise = random.normal(size=[900, 8])
    vectors = np.concatenate([signal, 2 * noise], axis=1)
    vectors[:, :8] += 0.1 * random.normal(size=[900, 8])
    split = np.where(labels < 20, "train", "test")
    np.savez(
        folder / "x.npz",
        embeddings=vectors.astype(np.float16),
        labels=labels,
        split=split,
    )
    return str(folder / "x.npz")


def test_a_linear_head_learns_and_its_vectors_are_never_copied(
    tmp_path, monkeypatch
):
    clustered = []

    class Recorded(feature_source.UnitRows):
        def __init__(self, stored):
            super().__init__(stored)
            clustered.append(stored)

    monkeypatch.setattr(feature_source, "UnitRows", Recorded)
    file = _write(tmp_path)
    result = train(
        tmp_path / "run",
        {**DIGITS, "dataset": "vectors", "data_dir": file},
        batch_size=40,
        samples_per_class=5,
        learning_rate=1e-2,
        epochs=8,
        select="last",
        report=False,
    )
    assert result["before"]["recall_at_1"] < 0.6
    assert result["test"]["recall_at_1"] > 0.9
    # Training does not change vectors, so that once is enough.
    assert len(clustered) == 1
    assert all(isinstance(x.shards[0], np.memmap) for x in clustered)
    with np.load(RunDirectory(tmp_path / "run").assignment_of(0)) as saved:
        assert set(saved["assignment"]) >= {0, 1}
