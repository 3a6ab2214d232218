"""Programs as a user starts them; bad input ends in one line."""

from __future__ import annotations

import pytest


@pytest.fixture
def refused(start):
    """Runs a program that refuses its input; returns its one line."""

    def refused(program, *arguments):
        ended = start(program, *arguments)
        assert ended.code == 2
        assert ended.stderr.endswith("\n")
        assert "Traceback" not in ended.stderr
        lines = ended.stderr.splitlines()
        assert [n for n, x in enumerate(lines) if x.startswith("error: ")] == [
            len(lines) - 1
        ]
        return lines[-1]

    return refused


@pytest.fixture
def trained(digits_run):
    """A finished run, only to be read, and what its program printed."""
    return digits_run.run.path, digits_run.stdout
