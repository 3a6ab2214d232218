"""Several processes train as one, stop together and go on together."""

import json
import os
import pathlib
import socket
import subprocess
import sys

import numpy as np
import pytest
from helpers import worker_program

from dnc_keras import TrainConfig
from dnc_keras._keras import keras_version
from dnc_keras.training.strategies import build_strategy

_TESTS = pathlib.Path(__file__).parents[1]
_PROGRAM = [sys.executable, "-m", "helpers.worker_program"]
_ON_KERAS_2 = pytest.mark.skipif(
    keras_version().startswith("keras 3"), reason="needs Keras 2"
)


def _free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _environment(ports, index):
    workers = [f"127.0.0.1:{port}" for port in ports]
    task = {"type": "worker", "index": index}
    cluster = {"cluster": {"worker": workers}, "task": task}
    return {**os.environ, "TF_CONFIG": json.dumps(cluster)}


def _start(folder, ports, index, *moment):
    """A worker, which saves what it has to `folder`."""
    saved = folder / f"worker{index}.npz"
    return subprocess.Popen(
        [
            *(*_PROGRAM, folder / "run", saved),
            *("multi_worker", *map(str, moment)),
        ],
        cwd=_TESTS,
        env=_environment(ports, index),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finish(processes):
    """The exit code and the last line of stderr of each."""
    try:
        # Much longer than it takes: a busy machine may train slowly.
        texts = [each.communicate(timeout=600)[1] for each in processes]
    finally:
        for each in processes:
            each.kill()
            each.wait()
            each.stderr.close()
    lines = [text.strip().rpartition("\n")[2] for text in texts]
    return [(p.returncode, line) for p, line in zip(processes, lines)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """(folder, ends): two workers, of which one was killed, and again both.

    The ends are those of the first start.
    """
    folder = tmp_path_factory.mktemp("workers")
    ports = _free_ports(2)
    first = [_start(folder, ports, 0), _start(folder, ports, 1, 1, 3)]
    ends = _finish(first)
    ports = _free_ports(2)
    second = [_start(folder, ports, 0), _start(folder, ports, 1)]
    for code, line in _finish(second):
        assert code == 0, line
    return folder, ends


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The folder of the same training by one process."""
    folder = tmp_path_factory.mktemp("alone")
    environment = {k: v for k, v in os.environ.items() if k != "TF_CONFIG"}
    subprocess.run(
        [
            *(*_PROGRAM, folder / "run"),
            *(folder / "worker0.npz", "one_device"),
        ],
        cwd=_TESTS,
        env=environment,
        check=True,
        capture_output=True,
    )
    return folder


def _saved(folder, index):
    with np.load(folder / f"worker{index}.npz") as saved:
        return dict(saved)


@_ON_KERAS_2
def test_a_worker_whose_peer_dies_stops_and_says_so(trained):
    (code, line), (other_code, _) = trained[1]
    assert other_code == -9
    assert code == 2
    assert line.startswith("error: Another worker stopped, so this one does")
    assert "{{" not in line
    assert line.endswith("it goes on with the last checkpoint.")


@_ON_KERAS_2
def test_all_workers_end_with_the_same(trained):
    chief, other = _saved(trained[0], 0), _saved(trained[0], 1)
    assert len(chief) == len(other)
    for name, value in chief.items():
        np.testing.assert_array_equal(other[name], value, err_msg=name)


@_ON_KERAS_2
def test_two_workers_that_started_again_train_as_one_that_did_not(
    trained, alone
):
    received, expected = _saved(trained[0], 0), _saved(alone, 0)
    assignments = received.pop("assignments")
    # Of those before the restart the last one is known.
    history = expected.pop("assignments")
    np.testing.assert_array_equal(assignments[-1], history[-1])
    worker_program.assert_trained_as_one(received, expected)


@_ON_KERAS_2
def test_the_chief_writes_one_run(trained, alone):
    runs = [folder / "run" for folder in (trained[0], alone)]
    names = [
        {str(path.relative_to(run)) for path in run.rglob("*.*z")}
        for run in runs
    ]
    assert names[0] == names[1]
    for run in runs:
        lines = (run / "log.jsonl").read_text().splitlines()
        assert [json.loads(line)["epoch"] for line in lines] == [0, 1]


@pytest.mark.skipif(
    not keras_version().startswith("keras 3"), reason="about Keras 3"
)
def test_keras_3_says_what_several_workers_need():
    with pytest.raises(ValueError, match="multi_worker needs Keras 2") as error:
        build_strategy("multi_worker")
    assert "TF_USE_LEGACY_KERAS=1" in str(error.value)


@_ON_KERAS_2
@pytest.mark.parametrize(
    "config, message",
    [
        (None, "needs TF_CONFIG, which names all workers"),
        ("{", "TF_CONFIG must be JSON such as"),
        ('{"cluster": {"worker": ["a:1"]}}', "which of them this is"),
        (
            '{"cluster": {"ps": ["a:1"], "worker": ["b:1"]}, '
            '"task": {"type": "worker", "index": 0}}',
            r"Received: jobs \['ps', 'worker'\]",
        ),
    ],
)
def test_a_bad_cluster_is_refused(monkeypatch, config, message):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if config is not None:
        monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(ValueError, match=message):
        build_strategy("multi_worker")


def test_workers_need_one_folder():
    with pytest.raises(ValueError, match="Use --run_dir=DIR"):
        TrainConfig(strategy="multi_worker")
