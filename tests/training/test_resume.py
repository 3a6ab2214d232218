"""A training that ends anywhere goes on to the same bits."""

from __future__ import annotations

import functools
import json
import logging
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from helpers.moments import At
from helpers.settings import MODEL
from helpers.settings import SMALL
from helpers.training_runs import train

from dnc_keras import datasets
from dnc_keras.datasets.fingerprint import digest_of_test
from dnc_keras.runs import RunDirectory
from dnc_keras.runs.trained import TrainedRun
from dnc_keras.support.formats import stamped
from dnc_keras.support.interruption import Interrupted
from dnc_keras.support.interruption import Interruption

# Trains in a process of its own.
TRAIN = """
import json, sys
from dnc_keras import TrainConfig, training

training.train(TrainConfig(**json.loads(sys.argv[1])))
"""
TOOLS = pathlib.Path(__file__).parents[2] / "tools"
# All that a training remembers: learned masks that double, learned boundaries,
# cached features, a best epoch, a learning rate that changes, and that of each
# block; the first of them is frozen.
SETTINGS = {
    **MODEL,
    "train_batch_norm": True,
    "num_learners": 4,
    "masks": "learned",
    "division": "hierarchical",
    "normalization": "whole",
    "recluster_every": 1,
    "recluster_features": "cached",
    "learn_beta": True,
    "unfreeze": 3,
    "layer_decay": 0.5,
    "schedule": "cosine",
    "epochs": 3,
    "steps_per_epoch": 6,
    "batch_size": 40,
    "samples_per_class": 4,
    "learning_rate": 1e-3,
    "validation_fraction": 0.4,
    "checkpoint_every": 3,
    "evaluate_before": False,
    "report": False,
}


def _train(path, *callbacks, **changes):
    return train(path, SETTINGS, callbacks, **changes)


def _crash():
    raise RuntimeError("crashed")


def differences(*runs):
    from reliability import sameness

    return sameness.differences(*runs)


@pytest.fixture(autouse=True)
def tools(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    path = tmp_path_factory.mktemp("uninterrupted") / "run"
    _train(path)
    return path


def test_a_crash_changes_no_bit(uninterrupted, tmp_path):
    with pytest.raises(RuntimeError, match="crashed"):
        _train(tmp_path, At(_crash, 0, 1))
    assert not RunDirectory(tmp_path).result.exists()
    _train(tmp_path)
    assert differences(uninterrupted, tmp_path) == []


@pytest.fixture
def foreground():
    """Signals as a process on a terminal has them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_signals_save_and_tell_how_to_go_on(
    uninterrupted, tmp_path, foreground
):
    for number, moment in ((signal.SIGTERM, (1, 2)), (signal.SIGINT, (2, 0))):
        with pytest.raises(Interrupted) as stopped:
            send = functools.partial(os.kill, os.getpid(), number)
            _train(tmp_path, At(send, *moment))
        assert str(stopped.value) == (
            f"Stopped by {number.name}. Nothing is lost: the same command, "
            f"started again, goes on with {tmp_path}."
        )
    # Three steps of the second epoch, and one of the third.
    names = [p.name for p in (tmp_path / "checkpoints").glob("*.npz")]
    assert max(names) == "step_0000000013.npz"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    _train(tmp_path)
    assert differences(uninterrupted, tmp_path) == []


def test_a_finished_run_gives_its_result_again(uninterrupted, caplog):
    before = RunDirectory(uninterrupted).result.read_bytes()
    with caplog.at_level(logging.WARNING):
        result = _train(uninterrupted)
    assert stamped(result) == json.loads(before)
    assert "holds this run, finished before" in caplog.text


def test_other_settings_are_refused_by_name(uninterrupted):
    with pytest.raises(ValueError, match="finished run with another epochs, s"):
        _train(uninterrupted, epochs=5, seed=1)
    # Nothing that is found depends on these.
    _train(uninterrupted, checkpoint_every=1)


def test_a_run_is_not_gone_on_with_unless_allowed(uninterrupted):
    with pytest.raises(ValueError, match="or go on with --resume=auto"):
        _train(uninterrupted, resume="never")


def test_a_kill_and_a_broken_checkpoint_change_no_bit(
    uninterrupted, tmp_path, caplog
):
    from reliability import killing

    config = json.dumps({**SETTINGS, "run_dir": str(tmp_path)})
    process = subprocess.Popen([sys.executable, "-c", TRAIN, config])
    checkpoint = tmp_path / "checkpoints" / "step_0000000006.npz"
    while not checkpoint.exists():
        assert process.poll() is None
        time.sleep(0.001)
    unfinished = killing.kill_after(process, 0.0, tmp_path, while_writing=True)
    assert unfinished
    newest = max((tmp_path / "checkpoints").glob("*.npz"))
    os.truncate(newest, newest.stat().st_size // 2)
    with caplog.at_level(logging.WARNING):
        _train(tmp_path)
    assert f"Passed over the checkpoint {newest}" in caplog.text
    assert differences(uninterrupted, tmp_path) == []


def test_a_run_of_an_earlier_version_goes_on_with_its_test_classes(
    classes, tmp_path
):
    """It drew them with its seed, and saved no split_seed."""
    settings = {**SMALL, "data_dir": classes, "seed": 3}
    with pytest.raises(RuntimeError, match="crashed"):
        train(tmp_path, settings, [At(_crash, 1, 0)], split_seed=3)
    config = tmp_path / "config.json"
    saved = json.loads(config.read_text())
    del saved["split_seed"]
    config.write_text(json.dumps(saved))
    result = train(tmp_path, settings)
    drawn = datasets.load("folder", classes, seed=3)
    assert result["test_set"] == digest_of_test(drawn)
    # Others would be drawn today.
    assert result["test_set"] != digest_of_test(
        datasets.load("folder", classes)
    )
    assert result["config"]["split_seed"] == 3
    found = TrainedRun(tmp_path).dataset.test.class_names
    assert found == drawn.test.class_names


def test_what_a_shell_ignores_is_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interruption("").handled():
            os.kill(os.getpid(), signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
