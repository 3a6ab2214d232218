"""TensorFlow as a program starts it, in processes of their own."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys

import pytest

from dnc_keras.console import start_filter

_ROOT = pathlib.Path(__file__).parents[2]
_NOTE = "I0000 00:00:1796094501.505281    9475 port.cc:153] oneDNN is on.\n"
_OLD_NOTE = (
    "2026-12-01 03:07:54.421455: I tensorflow/core/util/port.cc:113] oneDNN\n"
)
_NOISE = [
    _NOTE,
    _OLD_NOTE,
    "2026-12-01 03:07:54.736392: E external/local_xla/xla/stream_executor/cuda/"
    "cuda_dnn.cc:9261] Unable to register cuDNN factory: Attempting\n",
    "2026-12-01 03:07:56.755927: W tensorflow/compiler/tf2tensorrt/utils/"
    "py_utils.cc:38] TF-TRT Warning: Could not find TensorRT\n",
    "E0000 00:00:1796094506.471871    9475 cuda_platform.cc:52] failed call to "
    "cuInit: INTERNAL: CUDA error\n",
    "W0000 00:00:1796094506.471871    9475 computation_placer.cc:177] "
    "computation placer already registered. Please check linkage.\n",
    "WARNING: All log messages before absl::InitializeLog() is called are "
    "written to STDERR\n",
    "To enable the following instructions: AVX2 FMA, in other operations\n",
]
_OTHERS = [
    "F0000 00:00:1796094506.471871    9475 cuda.cc:1] Check failed: is_ok\n",
    "E0000 00:00:1796094506.471871    9475 cuda.cc:1] out of memory\n",
    "2026-12-01 03:07:56.755927: W tensorflow/core/gpu_device.cc:2256] Cannot "
    "dlopen some GPU libraries.\n",
    "I1201 03:07:56.755927 12 is a line of somebody else\n",
    "Traceback (most recent call last):\n",
    "\n",
    f"a word before {_NOTE}",
    "no end of line",
]


def _run(code, tmp_path, **environment):
    """(exit code, all that a process and its filter write to stderr)."""
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), **environment}
    # None unless a test says so.
    for name in [name for name in environment if name.startswith("TF_CPP_")]:
        environment[name] or environment.pop(name)
    ended = subprocess.run(
        [sys.executable, "-c", code],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=tmp_path,
        text=True,
    )
    return ended.returncode, ended.stderr


def _run_with_own_tensorflow(source, tmp_path):
    """What is left of a program whose TensorFlow is some lines of Python."""
    package = tmp_path / "tensorflow"
    package.mkdir()
    (package / "__init__.py").write_text(f"import os, signal\n{source}")
    return _run(
        "import dnc_keras.console.start",
        tmp_path,
        TF_CPP_MIN_LOG_LEVEL="",
        PYTHONPATH=f"{tmp_path}:{_ROOT}",
    )


def _filtered(text):
    return subprocess.run(
        [sys.executable, start_filter.__file__],
        input=text.encode(),
        capture_output=True,
        check=True,
    ).stdout.decode()


@pytest.mark.parametrize("line", _NOISE)
def test_noise_is_left_out(line):
    assert _filtered(f"before\n{line}after\n") == "before\nafter\n"


def test_all_else_passes_byte_by_byte():
    mixed = "".join(map("".join, zip(_NOISE, _OTHERS)))
    assert len(_NOISE) == len(_OTHERS)
    assert _filtered(mixed) == "".join(_OTHERS)


def test_a_line_is_not_held_back_until_the_end():
    with subprocess.Popen(
        [sys.executable, start_filter.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        process.stdin.write(f"{_NOTE}one\n".encode())
        process.stdin.flush()
        assert process.stdout.readline() == b"one\n"
        process.stdin.close()


def test_tensorflow_starts_without_a_word(tmp_path):
    code = "from dnc_keras.console.start import tf; tf.zeros([2])"
    assert _run(code, tmp_path, TF_CPP_MIN_LOG_LEVEL="") == (0, "")


def test_whoever_sets_the_usual_variable_sees_all(tmp_path):
    code, told = _run(
        "from dnc_keras.console.start import tf; tf.zeros([2])",
        tmp_path,
        TF_CPP_MIN_LOG_LEVEL="0",
    )
    assert code == 0
    assert "TensorFlow binary is optimized" in told


def test_afterwards_stderr_and_the_environment_are_as_before(tmp_path):
    code = (
        "import os; before = dict(os.environ), os.fstat(2).st_ino\n"
        "import dnc_keras.console.start\n"
        "assert before == (dict(os.environ), os.fstat(2).st_ino)\n"
        f"os.write(2, {_NOTE.encode()!r})"
    )
    ended = _run(code, tmp_path, TF_CPP_MIN_LOG_LEVEL="")
    assert ended == (0, _NOTE)


def test_a_process_without_stderr_starts(tmp_path):
    code = "import os; os.close(2); import dnc_keras.console.start"
    assert _run(code, tmp_path, TF_CPP_MIN_LOG_LEVEL="") == (0, "")


@pytest.mark.parametrize(
    "end, number",
    [
        ("os.abort()", signal.SIGABRT),
        ("os.kill(os.getpid(), signal.SIGKILL)", signal.SIGKILL),
    ],
)
def test_the_last_words_of_a_process_that_dies_are_kept(end, number, tmp_path):
    words = (_NOTE + "".join(_OTHERS)).encode()
    ended = _run_with_own_tensorflow(f"os.write(2, {words!r})\n{end}", tmp_path)
    assert ended == (-number, "".join(_OTHERS))


def test_an_import_that_fails_shows_its_traceback(tmp_path):
    code, told = _run_with_own_tensorflow(
        f"os.write(2, {_NOTE.encode()!r})\nraise ImportError('no AVX')",
        tmp_path,
    )
    assert code == 1
    assert told.startswith("Traceback (most recent call last):")
    assert "Received: no AVX." in told.splitlines()[-1]
    assert _NOTE not in told


def test_importing_the_package_imports_no_tensorflow(tmp_path):
    code = (
        "import sys, dnc_keras, dnc_keras.datasets\n"
        "assert 'tensorflow' not in sys.modules\n"
        "assert {*dnc_keras.__all__} <= {*dir(dnc_keras)}"
    )
    assert _run(code, tmp_path) == (0, "")
