"""N replicas give the weights that one gives, whatever is trained."""

import functools
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from helpers import replica_cases
from helpers import rounding
from helpers import worker_program

from dnc_keras.training import start

ON_FOUR = ("learned beta", "triplet_hard", "batch statistics")
# Keras 2 lets n / (n - 1) times the variance of a batch into the running
# variance when there is one replica; n is 64 here, and 20 steps make 18%.
STATISTICS_TOLERANCE = 0.2 / 63


@functools.lru_cache(maxsize=None)
def _one_replica(name):
    return replica_cases.train(name), replica_cases.train_nudged(name)


@pytest.fixture(scope="module")
def four_replicas(tmp_path_factory):
    """What cases are after training in a process with four devices."""
    path = tmp_path_factory.mktemp("replicas") / "four.npz"
    subprocess.run(
        [sys.executable, "-m", "helpers.replica_cases", path, *ON_FOUR],
        cwd=pathlib.Path(__file__).parents[1],
        check=True,
        capture_output=True,
    )
    with np.load(path) as trained:
        return dict(trained)


def _assert_as_one(name, received):
    expected, nudged = _one_replica(name)
    expected = dict(expected)
    for key in [key for key in expected if key.startswith("statistics")]:
        np.testing.assert_allclose(
            *(received[key], expected.pop(key)),
            rtol=0,
            atol=STATISTICS_TOLERANCE,
            err_msg=key,
        )
    rounding.assert_equal_but_for_rounding(
        received, expected, nudged, replica_cases.NUM_STEPS
    )


@pytest.mark.parametrize("name", replica_cases.CASES)
def test_two_replicas_train_as_one(name, two_replicas):
    _assert_as_one(name, replica_cases.train(name, two_replicas))


@pytest.mark.parametrize("name", ON_FOUR)
def test_four_replicas_train_as_one(name, four_replicas):
    prefix = f"{name}/"
    received = {
        key[len(prefix) :]: value
        for key, value in four_replicas.items()
        if key.startswith(prefix)
    }
    _assert_as_one(name, received)


def test_a_whole_training_on_two_replicas_is_that_on_one(
    two_replicas, tmp_path, monkeypatch
):
    worker_program.train(tmp_path / "one", tmp_path / "one.npz", "one_device")
    monkeypatch.setattr(start, "build_strategy", lambda _: two_replicas)
    worker_program.train(tmp_path / "two", tmp_path / "two.npz", "mirrored")
    one, two = (np.load(tmp_path / f"{name}.npz") for name in ("one", "two"))
    np.testing.assert_array_equal(two["assignments"], one["assignments"])
    worker_program.assert_trained_as_one(two, dict(one))


def test_rounding_moves_no_image_to_another_cluster():
    # Otherwise trainings that differ by rounding could be far apart.
    first, second = worker_program.nudged_trainings()
    np.testing.assert_array_equal(first["assignments"], second["assignments"])
