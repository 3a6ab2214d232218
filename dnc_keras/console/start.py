"""Imports TensorFlow for a program, without what it logs about itself.

Library code does not import this module: it sets an environment variable.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import sys

_FILTER = pathlib.Path(__file__).with_name("start_filter.py")
_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_SECONDS_TO_END = 5


@contextlib.contextmanager
def _errors_alone():
    """A context in whose end TensorFlow has decided to log errors alone.

    It reads the variable once, when it is imported. Child processes decide for
    themselves.
    """
    os.environ[_LEVEL] = "2"
    try:
        yield
    finally:
        del os.environ[_LEVEL]


@contextlib.contextmanager
def _filtered():
    """A context in which stderr loses what `start_filter.py` knows as noise.

    The filter is a process, as this one may end in the middle of the context,
    and what it said last is what matters then.
    """
    try:
        os.fstat(2)  # It may be closed.
        filtering = subprocess.Popen(
            # No site, no user's modules: it begins in some milliseconds.
            [sys.executable, "-I", "-S", str(_FILTER)],
            stdin=subprocess.PIPE,
            stdout=2,
        )
    except OSError:
        yield  # Rather noise than no program.
        return
    stderr = os.dup(2)
    os.dup2(filtering.stdin.fileno(), 2)
    filtering.stdin.close()
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        with contextlib.suppress(subprocess.TimeoutExpired):
            # Not for ever: a process that began here may hold its input.
            filtering.wait(_SECONDS_TO_END)


def _import():
    from dnc_keras._keras import tf

    return tf


def _import_quietly():
    with _errors_alone(), _filtered():
        tf = _import()
        # What is wrong with a driver is logged when devices are first asked.
        tf.config.list_physical_devices()
    return tf


def _is_asked_for():
    """Whether the user said what TensorFlow should log."""
    return any(name.startswith("TF_CPP_") for name in os.environ)


_is_too_late = "tensorflow" in sys.modules
tf = _import() if _is_too_late or _is_asked_for() else _import_quietly()
