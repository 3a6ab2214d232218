"""Assignments are read as far as they are whole, and written again."""

from __future__ import annotations

import numpy as np
import pytest

from dnc_keras.runs.assignments import assignment_in
from dnc_keras.runs.assignments import read_assignments
from dnc_keras.runs.assignments import repair_assignments
from dnc_keras.runs.assignments import write_assignment


@pytest.fixture
def folder(tmp_path):
    """Assignments that are new in the epochs 0, 2 and 4."""
    for epoch in (0, 2, 4):
        write_assignment(tmp_path, epoch, np.array([epoch, 1]))
    return tmp_path


def first_of(folder):
    found, _ = read_assignments(folder)
    return {epoch: assignment[0] for epoch, assignment in found.items()}


def test_an_assignment_lasts_until_the_next(folder):
    assert assignment_in({}, 5) is None
    found, damaged = read_assignments(folder)
    assert damaged == []
    lasting = [assignment_in(found, epoch)[0] for epoch in range(6)]
    assert lasting == [0, 0, 2, 2, 4, 4]


@pytest.mark.parametrize("contents", [b"", b"PK", None])
def test_a_damaged_one_is_passed_over(folder, contents):
    path = folder / "epoch_0002.npz"
    if contents is None:
        np.savez(path, assignment=["text"])
    else:
        path.write_bytes(contents)
    assert read_assignments(folder)[1] == [2]
    assert first_of(folder) == {0: 0, 4: 4}


@pytest.mark.parametrize("is_gone", [True, False])
def test_the_current_one_is_written_again(folder, is_gone):
    path = folder / "epoch_0004.npz"
    path.unlink() if is_gone else path.write_bytes(b"")
    repair_assignments(folder, 5, np.array([4, 1]))
    # Only an empty file still tells when it was new.
    assert first_of(folder) == {0: 0, 2: 2, 5 if is_gone else 4: 4}


def test_an_earlier_one_is_lost(folder):
    (folder / "epoch_0002.npz").write_bytes(b"")
    repair_assignments(folder, 5, np.array([4, 1]))
    assert first_of(folder) == {0: 0, 4: 4}
    assert len(list(folder.iterdir())) == 2


def test_what_is_whole_is_left(folder):
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    repair_assignments(folder, 3, np.array([2, 1]))
    after = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert after == before
