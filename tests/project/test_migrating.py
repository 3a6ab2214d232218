"""What the guide for migrating shows works as it stands there."""

from __future__ import annotations

import ast
import importlib
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

GUIDE = pathlib.Path(__file__).parents[2] / "docs" / "migrating-from-addons.md"
TEXT = GUIDE.read_text(encoding="utf-8")
BEFORE, AFTER, INDEX = re.findall(r"^```python\n(.*?)^```$", TEXT, re.M | re.S)


def printed(program, path):
    """The list that a program prints."""
    file = path / "program.py"
    file.write_text(program, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, str(file)], cwd=path, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    return ast.literal_eval(ended.stdout)


def test_the_program_runs_after_and_trains(tmp_path):
    losses = printed(AFTER, tmp_path)
    assert losses[-1] < losses[0]


def test_the_program_gives_the_same_before(tmp_path):
    pytest.importorskip("tensorflow_addons")
    before, after = printed(BEFORE, tmp_path), printed(AFTER, tmp_path)
    # Rounding differs, and three epochs of Adam make more of it.
    np.testing.assert_allclose(after, before, rtol=1e-2)


def test_the_index_finds_classes_and_is_read_again(tmp_path):
    right, right_of_matches, num_kept = printed(INDEX, tmp_path)
    assert 0.9 < right <= right_of_matches
    assert num_kept == 1797 - 300


def test_every_name_of_ours_is_there():
    """Those of the second column of the tables."""
    rows = re.findall(r"^\| `.*?\| (.*?) \|", TEXT, re.M)
    names = re.findall(
        r"`((?:losses|metrics|callbacks|gallery|backbones)\.\w+)",
        " ".join(rows),
    )
    assert len(names) > 8
    for name in names:
        module, thing = name.split(".")
        module = importlib.import_module(f"dnc_keras.{module}")
        assert hasattr(module, thing), name
