"""Workers that each have a part of the rows find what one finds of all."""

import threading
from concurrent import futures

import numpy as np
import pytest
from helpers import rounding

from dnc_keras import clustering
from dnc_keras.arrays.workers import OneWorker
from dnc_keras.clustering import SharedFeatures
from dnc_keras.clustering.division import UNITS


class ThreadWorker(OneWorker):
    """One of several threads that tell each other arrays."""

    def __init__(self, index, board, barrier):
        self.num = len(board)
        self.index = index
        self._board = board
        self._barrier = barrier

    def gather(self, rows):
        return np.concatenate(self._all(np.asarray(rows)))

    def total(self, values):
        return sum(self._all(np.asarray(values)))

    def _all(self, value):
        self._board[self.index] = value
        self._barrier.wait()
        values = list(self._board)
        self._barrier.wait()
        return values


def _on_workers(function, features, cuts):
    """The results of all workers; `cuts` are the ends of all parts but one."""
    parts = np.split(features, cuts)
    board, barrier = (
        [None] * len(parts),
        threading.Barrier(len(parts), None, 60),
    )

    def work(index):
        worker = ThreadWorker(index, board, barrier)
        try:
            return function(SharedFeatures(parts[index], worker))
        except BaseException:
            barrier.abort()
            raise

    with futures.ThreadPoolExecutor(len(parts)) as pool:
        ends = [pool.submit(work, index) for index in range(len(parts))]
    for error in (end.exception() for end in ends):
        # One that fails breaks the barrier of those that wait there.
        if error and not isinstance(error, threading.BrokenBarrierError):
            raise error
    return [end.result() for end in ends]


def _blobs(num_rows=300, num_blobs=5, dim=8):
    random = np.random.default_rng(3)
    centers = 4 * random.normal(size=[num_blobs, dim])
    rows = centers[random.integers(num_blobs, size=num_rows)]
    return (rows + random.normal(size=rows.shape)).astype(np.float32)


def _assert_same(results, expected):
    for result in results:
        np.testing.assert_array_equal(result, expected)


CUTS = [[150], [10, 290], [100, 100, 101]]


@pytest.mark.parametrize("cuts", CUTS)
@pytest.mark.parametrize("init", ["k-means++", "random"])
def test_kmeans_is_that_of_all_rows(cuts, init):
    def run(features):
        return clustering.kmeans(features, 5, init=init, num_init=2, seed=1)

    expected = run(_blobs())
    results = _on_workers(run, _blobs(), cuts)
    _assert_same([r.assignment for r in results], expected.assignment)
    # Of at most all rows, however they are added up.
    rounded = rounding.sum_bound(300, 1.0)
    atol = rounded * np.abs(_blobs()).max()
    for result in results:
        np.testing.assert_allclose(
            result.centroids, expected.centroids, rtol=0, atol=atol
        )
        np.testing.assert_allclose(result.inertia, expected.inertia, rounded)
        np.testing.assert_array_equal(result.centroids, results[0].centroids)


@pytest.mark.parametrize("cuts", CUTS)
def test_an_empty_cluster_takes_the_farthest_row_of_all(cuts):
    features = _blobs()
    # Nothing is near to the last two.
    init = np.concatenate([features[:3], np.full([2, 8], 1e3)])

    def run(features):
        return clustering.kmeans(features, 5, init=init, max_iterations=3)

    expected = run(features)
    assert len(np.unique(expected.assignment)) == 5
    results = _on_workers(run, features, cuts)
    _assert_same([r.assignment for r in results], expected.assignment)


@pytest.mark.parametrize("cuts", CUTS)
@pytest.mark.parametrize("in_two", [False, True])
@pytest.mark.parametrize("unit", UNITS)
def test_a_division_is_that_of_all_rows(cuts, in_two, unit):
    features = _blobs()
    labels = np.arange(300) % 30
    previous = np.arange(300) % 4

    def run(features):
        return clustering.divide(
            *(features, previous, labels, 4, 2, in_two), unit=unit
        )

    _assert_same(_on_workers(run, features, cuts), run(features))


@pytest.mark.parametrize("cuts", CUTS)
def test_drift_is_that_of_all_rows(cuts):
    features, assignment = _blobs(), np.arange(300) % 4 - 1

    def run(features):
        return clustering.drift(features, assignment)

    expected = run(features)
    assert 0 < expected < 1
    assert _on_workers(run, features, cuts) == [expected] * (len(cuts) + 1)


def test_too_many_clusters_are_counted_over_all_workers():
    def run(features):
        return clustering.kmeans(features, 301)

    with pytest.raises(ValueError, match="num_clusters=301, rows=300"):
        _on_workers(run, _blobs(), [150])
