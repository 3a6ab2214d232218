"""Rows in files are clustered where they are, with equal bits."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras import clustering
from dnc_keras.arrays import rows
from dnc_keras.arrays.unit_rows import UnitRows
from dnc_keras.arrays.unit_rows import scale_to_unit
from dnc_keras.arrays.workers import OneWorker
from dnc_keras.clustering import SharedFeatures
from dnc_keras.clustering import clusters
from dnc_keras.datasets import VectorRows


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Nothing is small enough to be copied, and blocks have 40 rows."""
    monkeypatch.setattr(rows, "RESIDENT_BYTES", 0)
    for module in (rows, clusters):
        monkeypatch.setattr(module, "BLOCK_BYTES", 40 * 4 * 5)


@pytest.fixture
def stored(features, tmp_path):
    """Features of 16 bits in two memory-mapped files, in another order."""
    order = np.random.default_rng(1).permutation(len(features))
    for name, part in (("a", order[:120]), ("b", order[120:])):
        np.save(tmp_path / f"{name}.npy", features[part].astype(np.float16))
    files = [np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in "ab"]
    return VectorRows.of(files)[np.argsort(order)]


@pytest.fixture
def copied(features):
    return features.astype(np.float16).astype(np.float32)


def _check_equal(stored, copied):
    for init in ("k-means++", "random"):
        found = clustering.kmeans(stored, 4, init, num_init=2, seed=3)
        expected = clustering.kmeans(copied, 4, init, num_init=2, seed=3)
        assert found.inertia == expected.inertia
        np.testing.assert_array_equal(found.centroids, expected.centroids)
        np.testing.assert_array_equal(found.assignment, expected.assignment)


def test_kmeans_has_the_bits_of_a_copy(stored, copied):
    _check_equal(stored, copied)
    scaled = scale_to_unit(copied.copy())
    _check_equal(UnitRows(stored), scaled)
    _check_equal(SharedFeatures(UnitRows(stored), OneWorker()), scaled)


def test_division_and_drift_have_the_bits_of_a_copy(stored, copied):
    labels = np.arange(300) % 30
    unit, scaled = UnitRows(stored), scale_to_unit(copied)
    previous = np.arange(300) % 3
    found = clustering.divide(unit, previous, labels, 3, seed=1, in_two=True)
    np.testing.assert_array_equal(
        found,
        clustering.divide(scaled, previous, labels, 3, seed=1, in_two=True),
    )
    assert set(found) <= set(range(-1, 6)) and len(set(found)) > 4
    drift = clustering.drift(unit, previous)
    assert drift == clustering.drift(scaled, previous) > 0


def test_rows_are_read_in_blocks(stored, monkeypatch):
    lengths = []
    take = VectorRows.take

    def recorded(self, positions, out=None):
        taken = take(self, positions, out)
        lengths.append(len(taken))
        return taken

    monkeypatch.setattr(VectorRows, "take", recorded)
    clustering.kmeans(stored, 4)
    assert max(lengths) == 40


def test_numbers_that_are_not_finite_are_refused():
    array = np.ones([300, 5])
    array[7, 2] = np.nan
    with pytest.raises(ValueError, match="in 1 of 5 columns"):
        clustering.kmeans(VectorRows.of(array), 2)
