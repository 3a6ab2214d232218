"""Gives TensorFlow two CPU devices, for the tests that use two replicas."""

import contextlib
import dataclasses
import pathlib
import runpy
import subprocess
import sys
import types

import pytest
import tensorflow as tf
from absl import flags

from dnc_keras import TrainConfig
from dnc_keras.models.configured import build_model
from dnc_keras.runs import RunDirectory

_ROOT = pathlib.Path(__file__).parents[1]
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
    config = TrainConfig(
        backbone="small_cnn",
        weights="",
        image_size=8,
        center_crop=1.0,
        embedding_dim=8,
        num_learners=2,
        validation_fraction=0.4,
    )
    run = RunDirectory(tmp_path_factory.mktemp("runs") / "digits")
    with run.claim(dataclasses.asdict(config)):
        build_model(config).save(run.last_model)
    return run


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
        monkeypatch.setattr(sys, "argv", [program, *map(str, arguments)])
        before = set(flags.FLAGS)
        try:
            if program.endswith(".py"):
                runpy.run_path(str(_ROOT / program), run_name="__main__")
            else:
                runpy.run_module(
                    f"dnc_keras.{program}", run_name="__main__", alter_sys=True
                )
        except SystemExit as end:
            code = end.code or 0
        finally:
            for name in set(flags.FLAGS) - before:
                delattr(flags.FLAGS, name)
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
