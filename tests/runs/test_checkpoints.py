"""A checkpoint is whole or not there, whatever ends its writing."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from helpers.full_disk import no_file_beyond

from dnc_keras.runs import Checkpoints

ARRAYS = {"a/b": np.arange(6, dtype=np.float32), "c": np.array(3, np.int64)}
# Saves state 2 over state 1, and kills itself when it calls a function.
_KILLED = """
import os, signal, sys
import numpy as np
from dnc_keras.runs import Checkpoints

where, folder = sys.argv[1:]
setattr(os, where, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
Checkpoints(folder).save(2, {"c": np.zeros(100_000)}, {})
"""


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_state_comes_back(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.load() is None
    checkpoints.save(7, ARRAYS, {"epoch": 1, "best": None})
    arrays, facts = checkpoints.load()
    assert facts == {"epoch": 1, "best": None}
    assert sorted(arrays) == ["a/b", "c"]
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array, strict=True)


def test_the_newest_two_are_kept(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for step in (8, 9, 10, 11):
        checkpoints.save(step, ARRAYS, {"step": step})
    assert _names(tmp_path) == ["step_0000000010.npz", "step_0000000011.npz"]
    assert checkpoints.load()[1] == {"step": 11}


def _write(path, facts):
    text = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    np.savez(path / "step_0000000001.npz", facts=text, **ARRAYS)


def test_a_checkpoint_of_an_earlier_version_is_resumed(tmp_path):
    _write(tmp_path, {"epoch": 1})
    assert Checkpoints(tmp_path).load()[1] == {"epoch": 1}


def test_a_checkpoint_of_a_newer_version_is_not_passed_over(tmp_path):
    _write(tmp_path, {"epoch": 1, "format_version": 99})
    with pytest.raises(ValueError, match="of a newer one. Update dnc_keras"):
        Checkpoints(tmp_path).load()


def test_the_clock_does_not_say_which_is_newest(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2):
        checkpoints.save(step, ARRAYS, {"step": step})
    os.utime(tmp_path / "step_0000000002.npz", (0, 0))
    assert checkpoints.load()[1] == {"step": 2}
    checkpoints.save(3, ARRAYS, {"step": 3})
    assert _names(tmp_path) == ["step_0000000002.npz", "step_0000000003.npz"]


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.99])
def test_a_truncated_file_is_passed_over(tmp_path, caplog, part):
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2):
        checkpoints.save(step, ARRAYS, {"step": step})
    newest = tmp_path / "step_0000000002.npz"
    contents = newest.read_bytes()
    newest.write_bytes(contents[: int(part * len(contents))])
    with caplog.at_level(logging.WARNING):
        assert checkpoints.load()[1] == {"step": 1}
    assert str(newest) in caplog.text


def test_a_changed_byte_is_noticed(tmp_path, caplog):
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2):
        checkpoints.save(step, ARRAYS, {"step": step})
    newest = tmp_path / "step_0000000002.npz"
    contents = newest.read_bytes()
    value = np.float32(3.0).tobytes()
    assert contents.count(value) == 1
    newest.write_bytes(contents.replace(value, np.float32(4.0).tobytes()))
    assert checkpoints.load()[1] == {"step": 1}
    assert "CRC" in caplog.text


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_kill_while_it_is_written_leaves_the_one_before(tmp_path, where):
    Checkpoints(tmp_path).save(1, ARRAYS, {"step": 1})
    command = [sys.executable, "-c", _KILLED, where, str(tmp_path)]
    assert subprocess.run(command).returncode == -signal.SIGKILL
    assert len(_names(tmp_path)) == 2  # One is unfinished.
    assert Checkpoints(tmp_path).load()[1] == {"step": 1}
    Checkpoints(tmp_path).save(2, ARRAYS, {"step": 2})
    assert Checkpoints(tmp_path).load()[1] == {"step": 2}


def test_a_full_disk_leaves_the_one_before(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(1, ARRAYS, {"step": 1})
    broken = pytest.raises(OSError, match="File too large")
    with broken, no_file_beyond(100_000):
        checkpoints.save(2, {"c": np.zeros(1_000_000)}, {})
    assert _names(tmp_path) == ["step_0000000001.npz"]
    assert checkpoints.load()[1] == {"step": 1}
