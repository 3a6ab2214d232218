"""Seconds of several contexts are added up."""

import time

import pytest

from dnc_keras.support.stopwatch import Stopwatch


@pytest.fixture
def clock(monkeypatch):
    """Function that lets seconds pass."""
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def advance(seconds):
        now[0] += seconds

    return advance


def test_only_what_runs_counts(clock):
    stopwatch = Stopwatch()
    assert stopwatch.total == 0.0
    with stopwatch.running():
        clock(2.0)
    clock(5.0)
    with stopwatch.running():
        clock(1.0)
        assert stopwatch.total == 3.0
        clock(1.0)
    assert stopwatch.total == 4.0


def test_what_fails_counts(clock):
    stopwatch = Stopwatch()
    with pytest.raises(OSError), stopwatch.running():
        clock(2.0)
        raise OSError
    clock(1.0)
    assert stopwatch.total == 2.0
