"""Runs a program of the project: in this process, or in one of its own."""

from __future__ import annotations

import contextlib
import pathlib
import runpy
import subprocess
import sys

import pytest
from absl import flags

_ROOT = pathlib.Path(__file__).parents[2]


def run_here(program, *arguments):
    """Runs a module of the package or a file of the project in this process.

    Returns the exit code.
    """
    with _command_line(program, *map(str, arguments)):
        try:
            if program.endswith(".py"):
                runpy.run_path(str(_ROOT / program), run_name="__main__")
            else:
                runpy.run_module(
                    f"dnc_keras.{program}", run_name="__main__", alter_sys=True
                )
        except SystemExit as end:
            return end.code or 0
    raise AssertionError(f"{program} did not end as a program does.")


@contextlib.contextmanager
def _command_line(*words):
    """The words of a command; its flags are forgotten afterwards."""
    before = set(flags.FLAGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", list(words))
        try:
            yield
        finally:
            for name in set(flags.FLAGS) - before:
                delattr(flags.FLAGS, name)


def run_as_process(program, *arguments, cwd):
    """Runs a program in a process of its own; returns its stdout."""
    command = [sys.executable, "-m", f"dnc_keras.{program}"]
    ended = subprocess.run(
        [*command, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
