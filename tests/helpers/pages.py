"""Commands that a page of the documentation shows, run one after the other."""

from __future__ import annotations

import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]


def commands_of(page):
    """Yields (program, arguments) of each command in `docs/<page>`."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for block in re.findall(r"^```shell\n(.*?)\n```$", text, re.M | re.S):
        for command in block.replace("\\\n", "").splitlines():
            name, *arguments = shlex.split(
                re.sub(r"python (-m dnc_keras\.)?", "", command)
            )
            yield name, arguments


def run_command(start, name, arguments):
    """Runs one of them; returns what it prints.

    Args:
        start: the fixture.
        name: of a program of the package, or the path of a tool, which runs in
            a process of its own.
        arguments: those of the page, and what makes it short.
    """
    if name.startswith("tools/"):
        return _run_as_process(name, arguments)
    program = "datasets.__main__" if name == "datasets" else name
    ended = start(program, *arguments)
    assert ended.code == 0, ended.stderr
    return ended.stdout


def _run_as_process(program, arguments):
    ended = subprocess.run(
        [sys.executable, str(ROOT / program), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
