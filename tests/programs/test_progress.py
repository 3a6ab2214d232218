"""What a program shows of its work, to a file and to a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest
from helpers.image_files import write_classes
from helpers.settings import SMALL_FLAGS

_FLAGS = [*SMALL_FLAGS, "--noexport", "--noevaluate_before"]
_ROWS_AND_COLUMNS = struct.pack("4H", 25, 100, 0, 0)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder of class folders."""
    path = tmp_path_factory.mktemp("progress")
    write_classes(path / "data", num_classes=4, num_images=4)
    return path


def _command(program, data, *more):
    command = [sys.executable, "-m", f"dnc_keras.{program}"]
    return [*command, f"--data_dir={data / 'data'}", *more]


def _environment():
    """That of a user: tf2onnx, once imported, sets how TensorFlow logs."""
    return {k: v for k, v in os.environ.items() if not k.startswith("TF_CPP_")}


def _run(data, program, *more):
    """A program with its output in files."""
    ended = subprocess.run(
        _command(program, data, *more),
        cwd=data,
        env=_environment(),
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return ended


def _run_on_terminal(data, program, *more):
    """All that a program writes to a terminal."""
    ours, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, _ROWS_AND_COLUMNS)
    with subprocess.Popen(
        _command(program, data, *more),
        cwd=data,
        env=_environment(),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    ) as process:
        os.close(terminal)
        shown = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    assert process.returncode == 0, shown
    return shown.decode()


def _read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # The other end is closed.
        return b""


def test_in_a_file_each_epoch_of_a_training_has_a_line(data):
    ended = _run(data, "train", *_FLAGS, "--run_dir=lines")
    assert ended.stderr.startswith("training on ")
    epochs = [x for x in ended.stderr.splitlines() if x.startswith("epoch ")]
    assert [x[:16] for x in epochs] == ["epoch 0 of 0 to ", "epoch 1 of 0 to "]
    assert epochs[0].endswith(" left")
    assert "  loss " in epochs[1]
    assert "\r" not in ended.stderr and "\x1b" not in ended.stderr
    assert ended.stdout.split()[0] == "after"


def test_on_a_terminal_a_training_has_a_bar(data):
    shown = _run_on_terminal(data, "train", *_FLAGS, "--run_dir=bar")
    assert "\repoch 1 of 0 to 1: " in shown
    assert "epoch 0 of 0 to 1  loss" not in shown


def test_a_quiet_training_is_silent_and_leaves_its_result(data):
    ended = _run(data, "train", *_FLAGS, "--run_dir=quiet", "--quiet")
    assert ended.stdout == ended.stderr == ""
    assert (data / "quiet" / "result.json").exists()


def test_a_quiet_program_still_answers(data):
    ended = _run(data, "datasets", "--dataset=folder", "--quiet")
    assert ended.stdout.split()[:2] == ["train", "test"]
    assert ended.stderr == ""


def test_a_quiet_program_still_says_what_is_wrong(start):
    ended = start("train", *_FLAGS, "--data_dir=gone", "--quiet")
    assert ended.code == 2
    assert "gone" in ended.stderr.splitlines()[-1]
