"""Two CPU devices for TensorFlow, runs to read, and programs to start."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import subprocess
import sys
import types

import pytest
import tensorflow as tf
from helpers.compared_runs import write_run
from helpers.image_files import write_classes
from helpers.programs import run_here
from helpers.settings import DIGITS_FLAGS
from helpers.settings import MODEL

from dnc_keras import TrainConfig
from dnc_keras import training
from dnc_keras.models.configured import build_model
from dnc_keras.runs import RunDirectory

_HOLD_LOCK = """
import fcntl, sys
with open(sys.argv[1], "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.read()
"""


# Only possible before TensorFlow is first used, hence here.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)


@pytest.fixture(scope="session")
def two_replicas():
    """The only strategy of the tests: on Keras 2 the collectives of a second
    one on the same devices would clash with those of the first."""
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


@pytest.fixture(scope="session")
def untrained_run(tmp_path_factory):
    """The folder of a run on the digits whose model was never trained."""
    config = TrainConfig(**MODEL, num_learners=2, validation_fraction=0.4)
    run = RunDirectory(tmp_path_factory.mktemp("runs") / "digits")
    with run.claim(dataclasses.asdict(config)):
        build_model(config).save(run.last_model)
    return run


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory):
    """A finished run of `DIGITS_FLAGS`; a test that changes it copies it first.

    Has its folder `run`, the `result` that training returned, and what the
    program printed, `stdout`.
    """
    folder = tmp_path_factory.mktemp("digits")
    results, stdout = [], io.StringIO()

    def train(*arguments):
        results.append(training.start.train(*arguments))
        return results[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(training, "train", train)
        with contextlib.redirect_stdout(stdout):
            assert run_here("train", *DIGITS_FLAGS) == 0
    return types.SimpleNamespace(
        run=RunDirectory(folder / "runs" / "digits"),
        result=results[0],
        stdout=stdout.getvalue(),
    )


@pytest.fixture(scope="session")
def classes(tmp_path_factory):
    """Four class folders of four images each, only to be read."""
    return str(write_classes(tmp_path_factory.mktemp("classes")))


@pytest.fixture
def another_writer():
    """A context in which another process holds the folder of a run."""

    @contextlib.contextmanager
    def hold(path):
        path.mkdir(parents=True)
        process = subprocess.Popen(
            [sys.executable, "-c", _HOLD_LOCK, str(path / ".lock")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with process:
            assert process.stdout.readline() == b"held\n"
            yield process
            process.stdin.close()

    return hold


@pytest.fixture
def start(monkeypatch, capsys, tmp_path):
    """Runs a module of the package or a file of the project in this process.

    Gives the exit code, stdout and stderr.
    """
    monkeypatch.chdir(tmp_path)

    def start(program, *arguments):
        code = run_here(program, *arguments)
        output = capsys.readouterr()
        return types.SimpleNamespace(
            code=code, stdout=output.out, stderr=output.err
        )

    return start


@pytest.fixture
def settings_of(start, monkeypatch):
    """The settings that `train` would train with."""

    def settings_of(*arguments):
        received = []

        def train(config, callbacks):
            received.append(config)
            raise ValueError("only asked for the settings")

        monkeypatch.setattr("dnc_keras.training.train", train)
        ended = start("train", *arguments)
        assert "error: only asked" in ended.stderr, ended.stderr
        return received[0]

    return settings_of


@pytest.fixture
def seeds(tmp_path):
    """Two groups of seeds 0, 1, 2, the second better by 0.1, 0.2 and 0.3."""
    recalls = {"control": (0.4, 0.5, 0.6), "learners": (0.5, 0.7, 0.9)}
    return [
        write_run(
            tmp_path / group / str(seed),
            recall=values[seed],
            seed=seed,
            num_learners=1 if group == "control" else 4,
        )
        for group, values in recalls.items()
        for seed in range(3)
    ]
