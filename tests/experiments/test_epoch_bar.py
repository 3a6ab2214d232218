"""The epochs of runs, by logs that are written by hand."""

from __future__ import annotations

import contextlib
import io
import pathlib
import types

import pytest
from helpers.compared_runs import write_run

from dnc_keras import TrainConfig
from dnc_keras.experiments import running
from dnc_keras.experiments.epoch_bar import EpochBar
from dnc_keras.support import progress


@pytest.fixture
def jobs(tmp_path):
    """The runs a-0, b-0, a-1 and b-1 of four epochs each."""
    config = TrainConfig(epochs=4)
    return running.jobs_of({"a": config, "b": config}, [0, 1], tmp_path)


@pytest.fixture
def clock():
    """A function that returns `now`."""

    def clock():
        return clock.now

    clock.now = 10.0
    return clock


def _log(job, text):
    path = pathlib.Path(job.config.run_dir, "log.jsonl")
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def _finish(job):
    """Its log is lost, but not what it did."""
    path = write_run(pathlib.Path(job.config.run_dir))
    (path / "log.jsonl").unlink()


def test_finished_and_stopped_runs_have_epochs_from_the_start(jobs, clock):
    _finish(jobs[0])
    _log(jobs[1], '{"epoch": 0}\n{"epoch": 1}\n{"epo')
    _log(jobs[2], "x\n" * 9)  # Never more than there are.
    with EpochBar(jobs, jobs[1:], clock) as bar:
        assert (bar.num, bar.total) == (4 + 2 + 4 + 0, 16)


def test_logs_are_read_once_a_second(jobs, clock):
    with EpochBar(jobs, jobs, clock) as bar:
        _log(jobs[0], "x\nx\n")
        _log(jobs[1], "x\n")
        clock.now += 0.9
        bar.look(jobs[:2])
        assert bar.num == 0
        clock.now += 0.2
        bar.look(jobs[:1])
        assert bar.num == 2
        bar.look(jobs[:2])
        assert bar.num == 2
        clock.now += 1.1
        _log(jobs[0], "x\n")  # A stop has undone an epoch.
        bar.look(jobs[:2])
        assert (bar.num, bar.total) == (3, 16)


def test_no_epochs_are_awaited_of_a_run_that_failed(jobs, clock):
    with EpochBar(jobs, jobs, clock) as bar:
        _finish(jobs[0])
        bar.end(jobs[0])
        assert (bar.num, bar.total) == (4, 16)
        _log(jobs[1], "x\n")
        bar.end(jobs[1])
        assert (bar.num, bar.total) == (5, 13)


def test_the_time_left_is_of_all_runs(jobs, clock, monkeypatch):
    shown = io.StringIO()
    seconds = types.SimpleNamespace(now=100.0)
    with contextlib.redirect_stderr(shown), progress.bars(True):
        _log(jobs[0], "x\nx\nx\nx\n")
        with EpochBar(jobs, jobs, clock) as bar:
            monkeypatch.setattr(bar._bar, "_time", lambda: seconds.now)
            bar._bar.start_t = bar._bar.last_print_t = seconds.now
            _log(jobs[1], "x\nx\nx\n")
            seconds.now += 30
            clock.now += 30
            bar.look(jobs)
    # Three epochs took 30 seconds, and nine are left.
    assert "7/16 [00:30<01:30, 10.00s/epoch]" in shown.getvalue()
