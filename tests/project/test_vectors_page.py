"""The commands and the program of docs/vectors.md work, one after the other."""

from __future__ import annotations

import json
import re

import numpy as np
from helpers.pages import ROOT
from helpers.pages import commands_of
from helpers.pages import run_command

# What makes a command short; the last of two equal flags counts.
SHORTER = {
    "train": ["--epochs=2", "--steps_per_epoch=20", "--noreport"],
    "search": ["--cache_dir=cache"],
}


def test_the_commands_run_in_order(start, tmp_path):
    names = []
    for name, arguments in commands_of("vectors.md"):
        names.append(name)
        output = run_command(start, name, arguments + SHORTER.get(name, []))
        assert output or name.startswith("tools/")
    assert names == [
        *("tools/write_vectors.py", "datasets"),
        *("train", "train", "train", "compare", "search"),
    ]
    result = json.loads((tmp_path / "runs/vectors/result.json").read_text())
    # Forty steps are enough to see that a layer learns.
    assert result["test"]["recall_at_1"] > 2 * result["before"]["recall_at_1"]
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["queries"][7]["neighbors"][0]["id"] == "7"
    _check_program(tmp_path)


def _check_program(folder):
    """Runs the page's program, which finds each vector nearest to itself."""
    text = (ROOT / "docs/vectors.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S)
    names = {}
    exec(compile(program, "vectors.md", "exec"), names)  # noqa: S102
    np.testing.assert_array_equal(names["rows"][:, 0], [0, 1])
    assert np.load(folder / "vectors.npz")["embeddings"].shape[1] == 384
